// @ts-check
// Cosignatures: a witness's word that a checkpoint continues all it ever saw of the ledger.
//
// Without them a verifier knows only that the ledger signed a tree; its own keys could sign a second one. Both forms
// of C2SP tlog-cosignature: Ed25519 (type 04) over `cosignature/v1`, the time and the checkpoint's text; ML-DSA-44
// (type 06) over the structure in notes.js. Lines by keys that the policy does not name are ignored.
//
// Specification: docs/spec/witnessing.md.

import { utf8 } from "../bytes.js";
import { cosignedMessage, ED25519_COSIGNATURE, signatureOf, timeOf } from "./notes.js";
import { checkSignature } from "./signatures.js";
import { namedWitnesses, quorumMet } from "./third_parties.js";

/** @import { Checkpoint, Note, VerifierKey } from "./notes.js" */
/** @import { ThirdParties } from "./third_parties.js" */
/**
 * Who has cosigned a checkpoint.
 *
 * @typedef {object} Witnessing
 * @property {Map<string, Date | null>} cosigned the policy's name of the key → the time its signature states; null where
 *   it states 0, and so nothing about time
 * @property {boolean} quorumMet
 */

/**
 * Verifies every line in `note` by a key that the policy names, and holds them against its quorum. That the quorum is
 * not met is no error here, it is said.
 *
 * @param {Note} note @param {Checkpoint} checkpoint opened from this very note @param {ThirdParties} parties
 * @returns {Promise<Witnessing>} @throws {NotProved} "signature" where such a line is wrong, or there twice: a wrong
 *   one is not the same as none
 */
export async function witnessed(note, checkpoint, parties) {
  /** @type {Map<string, Date | null>} */
  const cosigned = new Map();
  for (const [name, key] of parties.witnesses) {
    if (!note.signatures.some((line) => line.name === key.name && line.keyId === key.keyId)) continue;
    cosigned.set(name, await cosignature(note, key, checkpoint));
  }
  return { cosigned, quorumMet: quorumMet(parties, cosigned.keys()) };
}

/**
 * The witnesses that have cosigned with all their keys, by name, with the latest time that they state; null where one of
 * its signatures states none.
 *
 * @param {ThirdParties} parties @param {Witnessing} witnessing @returns {Map<string, Date | null>}
 */
export function wholeWitnesses(parties, { cosigned }) {
  /** @type {Map<string, Date | null>} */
  const found = new Map();
  for (const { name, keys } of namedWitnesses(parties)) {
    if (!keys.every((key) => cosigned.has(key))) continue;
    const times = keys.map((key) => cosigned.get(key) ?? null);
    found.set(name, times.reduce((a, b) => (a === null || b === null ? null : a > b ? a : b)));
  }
  return found;
}

/**
 * @param {Note} note @param {VerifierKey} key of type 04 or 06 @param {Checkpoint} checkpoint
 * @returns {Promise<Date | null>} the time that it states; null for 0 @throws {NotProved} "signature"
 */
async function cosignature(note, key, checkpoint) {
  const plain = key.type === ED25519_COSIGNATURE;
  const line = signatureOf(note, key, 8 + (plain ? 64 : 2420));
  const seconds = timeOf(line);
  const text = `cosignature/v1\ntime ${seconds}\n${note.body}`;
  const message = plain ? utf8(text) : cosignedMessage(key.name, checkpoint, seconds);
  await checkSignature(plain ? "Ed25519" : "ML-DSA-44", key.publicKey, line.slice(8), message, `witness ${key.name}`);
  return seconds === 0n ? null : new Date(Number(seconds) * 1000);
}
