// @ts-check
// `.tlog-proof` texts (C2SP tlog-proof): that a statement is in the custody ledger. Parsed here, and believed
// only once chains.js has opened the checkpoint in it and followed the path.

import { fromBase64, utf8 } from "../bytes.js";
import { Malformed } from "../errors.js";

/** @typedef {{index: number, path: Bytes[], checkpoint: Bytes, extra: boolean}} TlogProof the checkpoint is the signed note, verbatim */

const HEADER = "c2sp.org/tlog-proof@v1\n";
const DEEPEST = 63;
const LONGEST = 1_100_000;

/** @param {string} proof @returns {TlogProof} @throws {Malformed} */
export function parseProof(proof) {
  const split = proof.indexOf("\n\n");
  if (proof.length > LONGEST) throw new Malformed("a tlog-proof of more than a megabyte");
  if (!proof.startsWith(HEADER) || split < 0 || split + 2 === proof.length) throw new Malformed("not a tlog-proof");
  const lines = proof.slice(HEADER.length, split).split("\n");
  // Extra data is allowed by the format and authenticated by nothing.
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()?.slice("extra ".length)) : null;
  if (extra?.length === 0) throw new Malformed("a tlog-proof with an extra line without data");
  const match = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "");
  if (!match || !Number.isSafeInteger(Number(match[1]))) throw new Malformed("a tlog-proof without an index");
  if (lines.length > DEEPEST) throw new Malformed("a tlog-proof with too long a path");
  const path = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash.length !== 32) throw new Malformed("a tlog-proof with a hash of a wrong length");
    return hash;
  });
  return { extra: extra !== null, index: Number(match[1]), path, checkpoint: utf8(proof.slice(split + 2)) };
}
