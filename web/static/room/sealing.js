// @ts-check
// Sealing in the room's browser: what `casework/sealing/sealed_log.py` does, for records that the room makes itself.
//
// The data key comes from the recorder, sealed with HPKE (RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, AES-256-GCM) to a key pair of this page alone. It is never bytes here: it is unwrapped into a key that
// cannot be taken out, and it is kept nowhere. With this page it is gone; the vault alone opens what was sealed.
//
// A message is C2SP chunked-encryption, Cobblestone-256; its plaintext a salt of 16 bytes and the content. A record and
// its leaf are as in docs/spec/manifest.md, a frame as in docs/spec/sealed-object.md.

import { concat, fromHex, sha256, toHex, utf8 } from "../proof/bytes.js";
import { canonical } from "../proof/canonical.js";
import { CHUNK, chunkNonce, messageKey, SALT } from "../proof/cobblestone.js";
import { receive } from "../proof/hpke.js";

/** @typedef {{ deployment: string, evidence: string }} Place ids, 32 hex digits each */
/**
 * @typedef {{
 *   kind: "init" | "media", track: number, number: number, index: number, start: number, duration: number,
 *   init: { index: number, cipher: Bytes } | null,
 * }} Where `start`, `duration` in µs; `init`: of media, the record of the init segment they need
 */

const KINDS = { init: 1, media: 2 };

const SEALED = utf8("amana/sealed/v1\0");
const ROOM = utf8("amana/room/v1\0\0");

// --- the data key ----------------------------------------------------------------------------------------------

/**
 * The data key in `handed`, as one that signs and cannot be taken out.
 * @param {CryptoKeyPair} pair @param {Bytes} handed 80 bytes @param {Place} place @returns {Promise<CryptoKey>}
 */
export async function receiveKey(pair, handed, { deployment, evidence }) {
  const [theirs, sealed] = [handed.slice(0, 32), handed.slice(32)];
  const info = concat(ROOM, fromHex(deployment, 16), fromHex(evidence, 16));
  const { key, iv } = await receive(2, pair, theirs, info, "unwrapKey");
  return crypto.subtle.unwrapKey("raw", sealed, key, { name: "AES-GCM", iv }, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
}

// --- messages, records, frames ---------------------------------------------------------------------------------

/** @param {CryptoKey} dataKey @param {Bytes} context @param {Bytes} plain @returns {Promise<Bytes>} the sealed message */
async function seal(dataKey, context, plain) {
  const salt = crypto.getRandomValues(new Uint8Array(SALT));
  const keys = await messageKey(dataKey, context, salt);
  const aes = await crypto.subtle.importKey("raw", keys.slice(0, 32), "AES-GCM", false, ["encrypt"]);
  const chunks = [];
  // The last chunk is always shorter than a full one, and may be empty: so the end cannot be cut off unseen.
  for (let number = 0; number <= Math.floor(plain.length / CHUNK); number += 1) {
    const iv = chunkNonce(keys.slice(32, 44), number);
    chunks.push(crypto.subtle.encrypt({ name: "AES-GCM", iv }, aes, plain.subarray(number * CHUNK, (number + 1) * CHUNK)));
  }
  const sealed = (await Promise.all(chunks)).map((chunk) => new Uint8Array(chunk));
  return concat(salt, keys.slice(44), ...sealed);
}

/** @param {Place} place @param {Where} where @returns {Bytes} 93 bytes */
function contextOf({ deployment, evidence }, { kind, track, number, init }) {
  const numbers = new DataView(new ArrayBuffer(13));
  numbers.setUint8(0, KINDS[kind]);
  numbers.setUint32(1, track);
  numbers.setBigUint64(5, BigInt(number));
  return concat(SEALED, fromHex(deployment, 16), fromHex(evidence, 16), new Uint8Array(numbers.buffer), init?.cipher ?? new Uint8Array(32));
}

/**
 * One content as a frame: its record, and its sealed message.
 * @param {CryptoKey} dataKey @param {Place} place @param {Where} where @param {Bytes} content
 * @returns {Promise<{ frame: Bytes, cipher: Bytes }>} `cipher`: SHA-256 of the message
 */
export async function sealRecord(dataKey, place, where, content) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const message = await seal(dataKey, contextOf(place, where), concat(salt, content));
  const cipher = await sha256(message);
  const plain = toHex(await sha256(content));
  const record = { ...where, init: where.init?.index ?? null, cipher: toHex(cipher), size: message.length, key: true };
  // The leaf covers the record with the content's digest in it.
  const leaf = toHex(await sha256(concat(Uint8Array.of(0), salt, canonical({ ...record, plain }))));
  return { frame: frameOf(canonical({ ...record, leaf }), message), cipher };
}

/** Lengths, CRC-32 (against torn writes), record, message. @param {Bytes} record @param {Bytes} message */
function frameOf(record, message) {
  const head = new DataView(new ArrayBuffer(FRAME_HEAD));
  const body = concat(record, message);
  head.setUint32(0, record.length);
  head.setUint32(4, message.length);
  head.setUint32(8, crc32(body));
  return concat(new Uint8Array(head.buffer), body);
}

export const FRAME_HEAD = 12; // bytes

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte >>> 0;
});

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ /** @type {number} */ (TABLE[(crc ^ byte) & 0xff]);
  return (crc ^ 0xffffffff) >>> 0;
}
