// @ts-check
// Signed notes and the checkpoints in them: what the custody ledger says about itself.
//
// Formats: C2SP signed-note, tlog-checkpoint, tlog-cosignature. The ledger signs each checkpoint twice
// under the name that is also its origin: with Ed25519 (type 01, over the note's text) and with
// ML-DSA-44 (type 06, over a `cosigned_message`). Requiring both is a rule of our own.

import { concat, fromBase64, sha256, text, toHex, utf8 } from "../bytes.js";
import { ed25519Key } from "../ed25519.js";
import { Malformed, NotProved } from "../errors.js";
import { checkSignature } from "./signatures.js";

/** @typedef {{name: string, keyId: string, bytes: Bytes}} NoteSignature */
/** @typedef {{body: string, signatures: NoteSignature[]}} Note */
/** @typedef {{name: string, type: number, publicKey: Bytes, keyId: string}} VerifierKey */
/** @typedef {{origin: string, ed25519: Bytes, mldsa44: Bytes}} LogKeys */
/** @typedef {{origin: string, size: number, root: Bytes}} Checkpoint */
/**
 * @typedef {object} OpenedCheckpoint
 * @property {Checkpoint} checkpoint
 * @property {Note} note with all its lines: witnesses' too
 * @property {Date} signedAt the time the log claims, from the ML-DSA-44 line
 */

export const ED25519 = 1;
export const ED25519_COSIGNATURE = 4;
export const MLDSA44 = 6;
const KEY_LENGTHS = Object.freeze({ [ED25519]: 32, [ED25519_COSIGNATURE]: 32, [MLDSA44]: 1312 });
// A key's name: without spaces as Unicode knows them, characters below U+0020, and plus.
const KEY_NAME = "[^+\\x00-\\x1f\\p{White_Space}]+";
const SIGNATURE_LINE = new RegExp(`^— (${KEY_NAME}) ([A-Za-z0-9+/=]+)$`, "u");
// The first line, the origin, is the name of the log's keys.
const CHECKPOINT = new RegExp(`^(${KEY_NAME})\\n(0|[1-9][0-9]*)\\n([A-Za-z0-9+/=]+)\\n$`, "u");
const LONGEST_NAME = 255; // bytes: what ML-DSA-44 signs has a name's length in one byte
const LONGEST_NOTE = 1_000_000;
const MOST_SIGNATURES = 100;
const LATEST = BigInt(Date.UTC(9999, 11, 31, 23, 59, 59) / 1000); // seconds; statements and authorities can name no later time

/** @param {string} name @param {number} type @param {Bytes} publicKey @returns {Promise<VerifierKey>} */
async function verifierKey(name, type, publicKey) {
  const hash = await sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, type, publicKey, keyId: toHex(hash.slice(0, 4)) };
}

/**
 * A verifier key, `name+keyid+base64(type ‖ public key)`.
 *
 * @param {string} vkey @returns {Promise<VerifierKey>} @throws {Malformed} also for types not known here
 */
export async function parseVerifierKey(vkey) {
  const match = new RegExp(`^(${KEY_NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)$`, "u").exec(vkey);
  if (!match) throw new Malformed("not a verifier key");
  const [, name, id, encoded] = match;
  const bytes = fromBase64(encoded);
  const key = await verifierKey(name, bytes[0] ?? 0, bytes.slice(1));
  if (KEY_LENGTHS[/** @type {1 | 4 | 6} */ (key.type)] !== key.publicKey.length) throw new Malformed("a key of another type or length");
  if (key.type !== MLDSA44) ed25519Key(key.publicKey);
  if (key.keyId !== id) throw new Malformed("a verifier key with another key's id");
  return key;
}

/** @param {Bytes} bytes @returns {Note} @throws {Malformed} */
export function parseNote(bytes) {
  if (bytes.length > LONGEST_NOTE) throw new Malformed("a signed note of more than a megabyte");
  const whole = text(bytes);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Malformed("a signed note with control characters");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n")) throw new Malformed("not a signed note");
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Malformed(`a signed note with more than ${MOST_SIGNATURES} signatures`);
  const signatures = lines.map((line) => {
    const match = SIGNATURE_LINE.exec(line);
    if (!match) throw new Malformed("a signed note with a line that is not a signature");
    const decoded = fromBase64(match[2]);
    if (decoded.length < 5) throw new Malformed("a signature line without a signature");
    return { name: match[1], keyId: toHex(decoded.slice(0, 4)), bytes: decoded.slice(4) };
  });
  return { body: whole.slice(0, split + 1), signatures };
}

/** @param {string} body @returns {Checkpoint} @throws {Malformed} */
export function parseCheckpoint(body) {
  // Extension lines are refused: the ML-DSA-44 signature does not cover them.
  const match = CHECKPOINT.exec(body);
  if (!match) throw new Malformed("not a checkpoint");
  const [, origin, digits, encoded] = match;
  const size = Number(digits);
  const root = fromBase64(encoded);
  if (utf8(origin).length > LONGEST_NAME) throw new Malformed(`an origin of more than ${LONGEST_NAME} bytes`);
  if (!Number.isSafeInteger(size) || root.length !== 32) throw new Malformed("not a checkpoint");
  return { origin, size, root };
}

/** @param {bigint} value */
function u64(value) {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

/**
 * The structure of tlog-cosignature for a whole tree.
 *
 * @param {string} signer its key name @param {Checkpoint} checkpoint @param {bigint} timestamp seconds since 1970
 */
export function cosignedMessage(signer, checkpoint, timestamp) {
  const [name, origin] = [utf8(signer), utf8(checkpoint.origin)];
  if (name.length > LONGEST_NAME || origin.length > LONGEST_NAME) throw new Malformed(`a name of more than ${LONGEST_NAME} bytes`);
  return concat(
    utf8("subtree/v1\n\0"),
    Uint8Array.of(name.length),
    name,
    u64(timestamp),
    Uint8Array.of(origin.length),
    origin,
    u64(0n),
    u64(BigInt(checkpoint.size)),
    checkpoint.root,
  );
}

/**
 * @param {Note} note @param {VerifierKey} key @param {number} length of its signatures
 * @returns {Bytes} the one signature of that key; lines of other keys are ignored, as the specification asks
 * @throws {NotProved} "signature" where there is none, or more than one
 */
export function signatureOf(note, key, length) {
  const [line, another] = note.signatures.filter((one) => one.name === key.name && one.keyId === key.keyId);
  const name = `${key.type === MLDSA44 ? "ML-DSA-44" : "Ed25519"} signature by ${key.name}+${key.keyId}`;
  if (!line) throw new NotProved("signature", `the checkpoint has no ${name}`);
  if (another) throw new NotProved("signature", `the checkpoint has more than one ${name}`);
  if (line.bytes.length !== length) throw new NotProved("signature", `a wrong length of the ${name}`);
  return line.bytes;
}

/** The time that a timestamped signature states. @param {Bytes} line @returns {bigint} seconds since 1970 */
export function timeOf(line) {
  const timestamp = new DataView(line.buffer, line.byteOffset).getBigUint64(0);
  if (timestamp > LATEST) throw new NotProved("signature", "a signature of a time after the year 9999");
  return timestamp;
}

/**
 * @param {Bytes} bytes the signed note @param {LogKeys} keys
 * @returns {Promise<OpenedCheckpoint>}
 * @throws {NotProved} where either signature is missing or wrong, or the note is another log's
 */
export async function openCheckpoint(bytes, keys) {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.body);
  if (checkpoint.origin !== keys.origin) {
    throw new NotProved("signature", `a checkpoint of ${checkpoint.origin}, not of ${keys.origin}`);
  }
  const plain = signatureOf(note, await verifierKey(keys.origin, ED25519, keys.ed25519), 64);
  const stamped = signatureOf(note, await verifierKey(keys.origin, MLDSA44, keys.mldsa44), 8 + 2420);
  const timestamp = timeOf(stamped);
  const message = cosignedMessage(keys.origin, checkpoint, timestamp);
  await Promise.all([
    checkSignature("Ed25519", keys.ed25519, plain, utf8(note.body), "the ledger's checkpoint"),
    checkSignature("ML-DSA-44", keys.mldsa44, stamped.slice(8), message, "the ledger's checkpoint"),
  ]);
  return { checkpoint, note, signedAt: new Date(Number(timestamp) * 1000) };
}
