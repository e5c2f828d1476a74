// @ts-check
// The Merkle tree of RFC 6962 / RFC 9162 with SHA-256: the same tree under a recording's records and
// under the custody ledger's statements. Once more with SHA-512, where a recording is rehashed (recording/rehashing.js).

import { concat, equal, sha256 } from "./bytes.js";
import { NotProved } from "./errors.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Bytes} entry */
export function leafHash(entry) {
  return sha256(concat(LEAF, entry));
}

/** @param {Bytes} left @param {Bytes} right as long as `hash` gives @param {typeof sha256} [hash] */
export function nodeHash(left, right, hash = sha256) {
  return hash(concat(NODE, left, right));
}

/** The root of the tree without leaves. */
export function emptyRoot() {
  return sha256(new Uint8Array(0));
}

/** The tree over given leaf hashes: its root, and the root it had at any earlier size. */
export class Tree {
  #levels;
  #hash;

  /** @param {(readonly Bytes[])[]} levels `levels[k][i]`: the complete subtree over 2ᵏ leaves from i·2ᵏ on @param {typeof sha256} hash */
  constructor(levels, hash) {
    this.#levels = levels;
    this.#hash = hash;
  }

  /** @param {readonly Bytes[]} leafHashes @param {typeof sha256} [hash] @returns {Promise<Tree>} */
  static async over(leafHashes, hash = sha256) {
    const levels = [leafHashes];
    for (let below = leafHashes; below.length > 1; levels.push(below)) {
      const under = below;
      const pairs = Array.from({ length: under.length >> 1 }, (_, i) => nodeHash(under[2 * i], under[2 * i + 1], hash));
      below = await Promise.all(pairs);
    }
    return new Tree(levels, hash);
  }

  /** @param {number} size at most the number of leaves @returns {Promise<Bytes>} the root over the first `size` leaves */
  async root(size) {
    /** @type {Bytes | null} */
    let root = null;
    // The tree is cut at the largest power of two: its complete subtrees are the ones bits of `size`,
    // put together from the smallest, on the right, to the largest.
    for (let level = 0, left = size; left > 0; level += 1, left = Math.floor(left / 2)) {
      if (left % 2 === 0) continue;
      const subtree = this.#levels[level][left - 1];
      root = root ? await nodeHash(subtree, root, this.#hash) : subtree;
    }
    return root ?? emptyRoot();
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
  if (!equal(await rootFromPath(leaf, index, size, path), root)) throw outside("the path leads to another root");
}

/** @param {string} why */
const outside = (why) => new NotProved("inclusion", `not in the tree: ${why}`);

/**
 * The root to which the path leads. It proves nothing unless the root is known otherwise.
 *
 * @param {Bytes} leaf @param {number} index @param {number} size @param {readonly Bytes[]} path @returns {Promise<Bytes>}
 * @throws {NotProved} "inclusion" for a path with hashes too many or too few, and for no such place
 */
export async function rootFromPath(leaf, index, size, path) {
  if (index >= size) throw outside(`index ${index} in a tree of ${size}`);
  if ([leaf, ...path].some((hash) => hash.length !== 32)) throw outside("a hash that is not 32 bytes long");
  // Division, not shifts: an index may be larger than the 32 bits JavaScript's shifts know.
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) throw outside("the path is too long");
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
  if (last !== 0) throw outside("the path is too short");
  return hash;
}

/**
 * That the tree of `size2` leaves begins with the one of `size1`. RFC 9162 section 2.1.4.2.
 *
 * @param {number} size1 from 1: every tree begins with nothing, so such a proof would say nothing
 * @param {Bytes} root1 @param {number} size2 @param {Bytes} root2 @param {readonly Bytes[]} proof
 * @throws {NotProved} "consistency"
 */
export async function verifyConsistency(size1, root1, size2, root2, proof) {
  const fails = (/** @type {string} */ why) => new NotProved("consistency", `not the beginning of the tree: ${why}`);
  if (size1 < 1 || size1 > size2) throw fails(`a tree of ${size2} cannot be shown to continue one of ${size1}`);
  if ([root1, root2, ...proof].some((hash) => hash.length !== 32)) throw fails("a hash that is not 32 bytes long");
  if (size1 === size2) {
    if (proof.length > 0) throw fails("the proof has surplus hashes");
    if (!equal(root1, root2)) throw fails("two different trees of the same size");
    return;
  }
  const hashes = [...proof];
  let [position, last] = [size1 - 1, size2 - 1];
  while (position % 2 === 1) [position, last] = [(position - 1) / 2, Math.floor(last / 2)];
  // The earlier root itself is the first hash when its tree is one complete subtree: then no levels are left.
  const first = position === 0 ? root1 : hashes.shift();
  if (!first) throw fails("hashes are missing from the proof");
  let [earlier, later] = [first, first];
  for (const sibling of hashes) {
    if (last === 0) throw fails("the proof has surplus hashes");
    if (position % 2 === 1 || position === last) {
      earlier = await nodeHash(sibling, earlier);
      later = await nodeHash(sibling, later);
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else {
      later = await nodeHash(later, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw fails("hashes are missing from the proof");
  if (!equal(earlier, root1)) throw fails("the proof does not lead to the earlier root");
  if (!equal(later, root2)) throw fails("the proof does not lead to the later root");
}
