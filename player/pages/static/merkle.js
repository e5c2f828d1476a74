// @ts-check
// The Merkle tree of RFC 6962 / RFC 9162 with SHA-256: the same tree under a recording's records and
// under the custody ledger's statements.

import { concat, equal, sha256 } from "./bytes.js";
import { NotProved } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Bytes} entry */
export function leafHash(entry) {
  return sha256(concat(LEAF, entry));
}

/** @param {Bytes} left 32 bytes @param {Bytes} right 32 bytes */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/**
 * The root over these leaf hashes. Pairing level by level and carrying an odd last hash up unchanged
 * gives the same tree as the RFC's division at the largest power of two.
 *
 * @param {readonly Bytes[]} leafHashes @returns {Promise<Bytes>}
 */
export async function rootOf(leafHashes) {
  if (leafHashes.length === 0) return sha256(new Uint8Array(0));
  let level = leafHashes;
  while (level.length > 1) {
    const below = level;
    const pairs = Array.from({ length: Math.floor(below.length / 2) }, (_, i) =>
      nodeHash(/** @type {Bytes} */ (below[2 * i]), /** @type {Bytes} */ (below[2 * i + 1])),
    );
    const next = await Promise.all(pairs);
    if (below.length % 2 === 1) next.push(/** @type {Bytes} */ (below[below.length - 1]));
    level = next;
  }
  return /** @type {Bytes} */ (level[0]);
}

/**
 * RFC 9162 section 2.1.3.2.
 *
 * @param {Bytes} leaf @param {number} index @param {number} size @param {readonly Bytes[]} path
 * @param {Bytes} root
 * @throws {NotProved} "inclusion" where the leaf is not at this place in the tree with this root
 */
export async function verifyInclusion(leaf, index, size, path, root) {
  const fails = (/** @type {string} */ why) => new NotProved("inclusion", `not in the tree: ${why}`);
  if (index >= size) throw fails(`index ${index} in a tree of ${size}`);
  // Division, not shifts: an index may be larger than the 32 bits JavaScript's shifts know.
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) throw fails("the path is too long");
    if (position % 2 === 1 || position === last) {
      hash = await nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw fails("the path is too short");
  if (!equal(hash, root)) throw fails("the path leads to another root");
}
