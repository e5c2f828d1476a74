// @ts-check
// Earlier trees of the ledger that a package names, each shown to be the beginning of the one it is proved under.
//
//   amana/consistency/v1
//   size <decimal>
//   <base64 root>
//   <base64 hash>       0 to 126 lines
//
// Specification: docs/spec/court-package.md; RFC 9162 section 2.1.4.

import { fromBase64, text } from "../bytes.js";
import { Malformed } from "../errors.js";

/** @typedef {{size: number, root: Bytes, proof: Bytes[]}} EarlierTree the tree of `size` entries with this root begins a later one */

export const LONGEST_CONSISTENCY = 8192;
const MOST_HASHES = 126;
const FORM = /^amana\/consistency\/v1\nsize ([1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/=]+\n)+)$/;

/** @param {Bytes} bytes @returns {EarlierTree} not yet verified @throws {Malformed} */
export function parseConsistency(bytes) {
  const match = FORM.exec(text(bytes));
  const size = Number(match?.[1]);
  if (!match || !Number.isSafeInteger(size)) throw new Malformed("not a consistency file");
  const [root, ...proof] = match[2].slice(0, -1).split("\n").map(fromBase64);
  if (!root || [root, ...proof].some((hash) => hash.length !== 32) || proof.length > MOST_HASHES) {
    throw new Malformed(`a consistency file that is not a root and 0 to ${MOST_HASHES} hashes`);
  }
  return { size, root, proof };
}
