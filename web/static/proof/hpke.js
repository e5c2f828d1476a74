// @ts-check
// HPKE (RFC 9180) in base mode, for one message, without `aad` of its own: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
// AES-GCM with keys of 128 or 256 bits. Of HKDF only one block is ever needed: every length here is 32 at most.

import { concat, utf8 } from "./bytes.js";

/** @typedef {1 | 2} Aead 1: AES-128-GCM, 2: AES-256-GCM */

const X25519 = { name: "X25519" };
const KEM = 0x20;
const HKDF_SHA256 = 1;
const KEY_SIZE = { 1: 16, 2: 32 };
const NONE = new Uint8Array(0);

const KEM_SUITE = concat(utf8("KEM"), Uint8Array.of(0, KEM));
/** @param {Aead} aead */
const suiteOf = (aead) => concat(utf8("HPKE"), Uint8Array.of(0, KEM, 0, HKDF_SHA256, 0, aead));

/** @param {Bytes} key @param {Bytes} data @returns {Promise<Bytes>} */
async function hmac(key, data) {
  // An empty key is one of zeros (RFC 2104), and no browser imports an empty one.
  const imported = await crypto.subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** Section 4. @param {Bytes} suite @param {Bytes} salt @param {string} label @param {Bytes} material */
const labeledExtract = (suite, salt, label, material) => hmac(salt, concat(utf8("HPKE-v1"), suite, utf8(label), material));

/** Section 4. @param {Bytes} suite @param {Bytes} key @param {string} label @param {Bytes} info @param {number} length */
const labeledExpand = async (suite, key, label, info, length) =>
  (await hmac(key, concat(Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(label), info, Uint8Array.of(1)))).slice(0, length);

/** A key pair whose private half cannot be taken out. @returns {Promise<CryptoKeyPair>} */
export async function makePair() {
  return /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(X25519, false, ["deriveBits"]));
}

/** @param {CryptoKeyPair} pair @returns {Promise<Bytes>} 32 bytes */
export const publicOf = async (pair) => new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));

/**
 * The shared secret of section 4.1, on either side. @param {CryptoKeyPair} ours @param {Bytes} theirs Public key, 32 bytes
 * @param {Bytes} encapsulated @param {Bytes} recipient Their public keys, in this order on both sides
 */
async function sharedSecret(ours, theirs, encapsulated, recipient) {
  const peer = await crypto.subtle.importKey("raw", theirs, X25519, false, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ ...X25519, public: peer }, ours.privateKey, 256));
  const prk = await labeledExtract(KEM_SUITE, NONE, "eae_prk", shared);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", concat(encapsulated, recipient), 32);
}

/** Section 5.1, of the first message. @param {Aead} aead @param {Bytes} secret @param {Bytes} info @param {KeyUsage} use */
async function schedule(aead, secret, info, use) {
  const suite = suiteOf(aead);
  const context = concat(
    Uint8Array.of(0), await labeledExtract(suite, NONE, "psk_id_hash", NONE), await labeledExtract(suite, NONE, "info_hash", info),
  );
  const prk = await labeledExtract(suite, secret, "secret", NONE);
  const key = await labeledExpand(suite, prk, "key", context, KEY_SIZE[aead]);
  return {
    key: await crypto.subtle.importKey("raw", key, { name: "AES-GCM" }, false, [use]),
    iv: await labeledExpand(suite, prk, "base_nonce", context, 12),
  };
}

/**
 * What the recipient unwraps or opens `sealed` with: a key, and the nonce of the one message.
 * @param {Aead} aead @param {CryptoKeyPair} pair The recipient's @param {Bytes} encapsulated 32 bytes
 * @param {Bytes} info @param {KeyUsage} use
 */
export async function receive(aead, pair, encapsulated, info, use) {
  return schedule(aead, await sharedSecret(pair, encapsulated, encapsulated, await publicOf(pair)), info, use);
}

/**
 * Seal one message. @param {Aead} aead @param {Bytes} recipient Public key, 32 bytes @param {Bytes} info
 * @param {Bytes} plain @param {Bytes} [aad] @param {CryptoKeyPair} [pair] Of this message alone; fixed in tests
 * @returns {Promise<Bytes>} 32 bytes, and the sealed message with its tag of 16
 */
export async function seal(aead, recipient, info, plain, aad = NONE, pair = undefined) {
  const ours = pair ?? (await makePair());
  const encapsulated = await publicOf(ours);
  const { key, iv } = await schedule(aead, await sharedSecret(ours, recipient, encapsulated, recipient), info, "encrypt");
  return concat(encapsulated, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, key, plain)));
}
