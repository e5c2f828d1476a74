// @ts-check
// `.tlog-proof` texts (C2SP tlog-proof): that a statement is in the custody ledger, checkable offline.

import { fromBase64, text, utf8 } from "./bytes.js";
import { Malformed } from "./errors.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { openCheckpoint } from "./notes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./notes.js").LogKeys} LogKeys */
/** @typedef {import("./notes.js").OpenedCheckpoint} OpenedCheckpoint */
/** @typedef {{index: number, path: Bytes[], checkpoint: Bytes}} TlogProof */

const HEADER = "c2sp.org/tlog-proof@v1\n";
const DEEPEST = 63;

/** @param {string} proof @returns {TlogProof} @throws {Malformed} */
export function parseProof(proof) {
  const split = proof.indexOf("\n\n");
  if (!proof.startsWith(HEADER) || split < 0) throw new Malformed("not a tlog-proof");
  const lines = proof.slice(HEADER.length, split).split("\n");
  // Extra data is allowed by the format and authenticated by nothing, so it is not looked at.
  if (lines[0]?.startsWith("extra ")) fromBase64(/** @type {string} */ (lines.shift()).slice("extra ".length));
  const match = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "");
  if (!match || !Number.isSafeInteger(Number(match[1]))) throw new Malformed("a tlog-proof without an index");
  if (lines.length > DEEPEST) throw new Malformed("a tlog-proof with too long a path");
  const path = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash.length !== 32) throw new Malformed("a tlog-proof with a hash of a wrong length");
    return hash;
  });
  return { index: Number(match[1]), path, checkpoint: utf8(proof.slice(split + 2)) };
}

/**
 * Proofs made together share one checkpoint; its two signatures are checked once per text.
 *
 * @param {LogKeys} keys
 * @returns {(leaf: Bytes, proof: string | Bytes) => Promise<OpenedCheckpoint & {index: number, leaf: Bytes}>}
 */
export function proofChecker(keys) {
  /** @type {Map<string, Promise<OpenedCheckpoint>>} */
  const opened = new Map();
  return async (leaf, proof) => {
    const { index, path, checkpoint } = parseProof(typeof proof === "string" ? proof : text(proof));
    const note = text(checkpoint);
    const known = opened.get(note) ?? openCheckpoint(checkpoint, keys);
    opened.set(note, known);
    const answer = await known;
    const hash = await leafHash(leaf);
    await verifyInclusion(hash, index, answer.checkpoint.size, path, answer.checkpoint.root);
    return { ...answer, index, leaf: hash };
  };
}
