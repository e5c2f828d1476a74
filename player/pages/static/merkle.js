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

/** The tree over given leaf hashes: its root, and the root it had at any earlier size. */
export class Tree {
  /** @type {(readonly Bytes[])[]} */
  #levels;

  /** @param {(readonly Bytes[])[]} levels `levels[k][i]`: the complete subtree over 2ᵏ leaves from i·2ᵏ on */
  constructor(levels) {
    this.#levels = levels;
  }

  /** @param {readonly Bytes[]} leafHashes @returns {Promise<Tree>} */
  static async over(leafHashes) {
    const levels = [leafHashes];
    for (let below = leafHashes; below.length > 1; ) {
      const under = below;
      below = await Promise.all(
        Array.from({ length: Math.floor(under.length / 2) }, (_, i) =>
          nodeHash(/** @type {Bytes} */ (under[2 * i]), /** @type {Bytes} */ (under[2 * i + 1])),
        ),
      );
      levels.push(below);
    }
    return new Tree(levels);
  }

  /** @param {number} size at most the number of leaves @returns {Promise<Bytes>} the root over the first `size` leaves */
  async root(size) {
    if (size === 0) return sha256(new Uint8Array(0));
    /** @type {Bytes | null} */
    let hash = null;
    // The tree is cut at the largest power of two: its complete subtrees are the ones bits of `size`,
    // put together from the smallest, on the right, to the largest.
    for (let level = 0, left = size; left > 0; level += 1, left = Math.floor(left / 2)) {
      if (left % 2 === 0) continue;
      const subtree = /** @type {Bytes} */ (this.#levels[level]?.[left - 1]);
      hash = hash ? await nodeHash(subtree, hash) : subtree;
    }
    return /** @type {Bytes} */ (hash);
  }
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
  if ([leaf, root, ...path].some((hash) => hash.length !== 32)) throw fails("a hash that is not 32 bytes long");
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
