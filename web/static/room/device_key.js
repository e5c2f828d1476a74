// @ts-check
// This browser as a device: a key that no script can extract, and what it signs.
//
// The key is made once, when a room's machine is enrolled or at first use, and stays in this browser. Each camera's
// connection is signed with it, so that a recording says which device sent it, and no other device can take its place
// while a part runs. Specification: docs/spec/room.md, docs/spec/manifest.md (Sender).

import { change } from "../page/requests.js";
import { toBase64, utf8 } from "../proof/bytes.js";

/** @typedef {{at: string, evidence: string | null, nonce: string}} Challenge what the recorder gives to be signed */

const CONTEXT = "amana room device v1\n";
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const BASE = "amana-device", STORE = "keys", NAME = "device";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

/** @returns {Promise<CryptoKeyPair>} */
async function storedPair() {
  const opening = indexedDB.open(BASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
  const base = await answered(opening);
  try {
    const before = await answered(base.transaction(STORE).objectStore(STORE).get(NAME));
    if (before) return before;
    const made = await pair();
    // Two pages may be opened at once: the first that writes decides, and both have its key.
    const writing = base.transaction(STORE, "readwrite", { durability: "strict" });
    const written = new Promise((resolve, reject) => {
      writing.addEventListener("complete", resolve);
      writing.addEventListener("abort", () => reject(writing.error));
    });
    const store = writing.objectStore(STORE);
    const first = await answered(store.get(NAME));
    if (!first) store.put(made, NAME);
    await written;
    return first ?? made;
  } finally {
    base.close();
  }
}

/** @returns {Promise<CryptoKeyPair>} */
const pair = () => crypto.subtle.generateKey(P256, false, ["sign", "verify"]);

/** @type {Promise<CryptoKeyPair> | undefined} */
let known;

function key() {
  known ??= storedPair().catch((error) => {
    // A browser that keeps nothing sends its cameras all the same; after a reload it is another device.
    console.warn("This browser keeps no key.", error);
    return pair();
  });
  return known;
}

/** @param {ArrayBuffer} bytes */
const base64 = (bytes) => toBase64(new Uint8Array(bytes));

/** A public key: a point of P-256, uncompressed. @param {CryptoKeyPair} of @returns {Promise<string>} base64 */
const publicKey = async (of) => base64(await crypto.subtle.exportKey("raw", of.publicKey));

/**
 * The public key with which this browser is enrolled, in storage that it is asked not to clear by itself.
 *
 * @returns {Promise<string>} base64 @throws {unknown} where the browser stores no key: enrolled, it would soon be unknown
 */
export async function storedKey() {
  const stored = await storedPair();
  void navigator.storage.persist(); // some browsers ask the person, who need not answer
  return publicKey(stored);
}

/** @param {string} interview @returns {Promise<Challenge>} good once, for a minute */
export const challenge = (interview) => change(`/interviews/${interview}/challenge`, {}, 1);

/**
 * Signs that this device has a connection of this interview, or makes a safety recording of it.
 *
 * @param {string} interview @param {string} camera @param {string} fingerprint SHA-256, hexadecimal
 * @param {Challenge} given @param {"camera" | "safety"} use
 */
export async function prove(interview, camera, fingerprint, { at, evidence, nonce }, use) {
  const signed = { at, camera, evidence, fingerprint, interview, nonce, use }; // in the order of RFC 8785
  const message = utf8(CONTEXT + JSON.stringify(signed));
  const own = await key();
  const signature = base64(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, own.privateKey, message));
  return { at, evidence, fingerprint, key: await publicKey(own), nonce, signature, use };
}

/** The SHA-256 of the certificate that an offer names. @param {string} sdp @returns {string} hexadecimal */
export function certificateOf(sdp) {
  const found = /^a=fingerprint:sha-256 ([0-9A-F:]{95})\r?$/im.exec(sdp)?.[1] ?? "";
  return found.replaceAll(":", "").toLowerCase();
}
