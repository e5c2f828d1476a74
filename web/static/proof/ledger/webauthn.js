// @ts-check
// A person's own signature: a WebAuthn assertion whose challenge is the statement's digest.
//
// The authenticator signs its own data and the digest of what the browser says it was asked for. Proved by
// a valid one: the holder of that credential, verified by the authenticator, answered exactly this challenge
// on a page of that host. Refused here is what the other verifier refuses, in the same words. Only the
// forms of keys that are written below are read; real authenticators make no others.

import { concat, equal, fromHex, sha256, text, utf8 } from "../bytes.js";
import { ed25519Key, verifyEd25519 } from "../ed25519.js";
import { CheckError, Malformed, NotProved } from "../errors.js";

/** @typedef {import("../bytes.js").Bytes} Bytes */
/** @typedef {"es256" | "eddsa" | "rs256"} Algorithm */
/** @typedef {{authenticator: Bytes, client: Bytes, signature: Bytes}} Assertion */
/** @typedef {(signature: Bytes, message: Bytes) => Promise<boolean>} Verifies whether a key made a signature */

const SHORTEST_AUTHENTICATOR = 37; // digest of the host name, flags, counter; extensions may follow
const LONGEST_CLIENT = 4096;
const MOST_BRACKETS = 64; // parsers give up at different depths: this one number is everybody's
const PRESENT_AND_VERIFIED = 0x05;
const P256 = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004", 27);
const ED25519 = fromHex("302a300506032b6570032100", 12);
const RSA = fromHex("300d06092a864886f70d0101010500", 15);
const EXPONENT = fromHex("0203010001", 5);
const HTTPS = /^https:\/\/([a-z0-9.-]{1,253})(?::[1-9][0-9]{0,4})?$/;
const LOCALHOST = /^http:\/\/(localhost)(?::[1-9][0-9]{0,4})?$/;

/** @param {string} why */
function refused(why) {
  return new NotProved("signature", why);
}

/** @param {number} length @returns {number[]} a DER length of two bytes */
function long(length) {
  return [0x82, length >> 8, length & 255];
}

/**
 * Whether these bytes are the DER form of an RSA key of 2,048 to 8,192 bits with exponent 65537.
 *
 * @param {Bytes} key
 */
function isRsa(key) {
  // Lengths of such keys all take two bytes, so the modulus is always in the same place.
  const size = ((key[30] ?? 0) << 8) | (key[31] ?? 0);
  const modulus = key.slice(32, 32 + size);
  if (size < 256 || size > 1025 || modulus.length !== size || !((modulus[size - 1] ?? 0) & 1)) return false;
  const padded = modulus[0] === 0;
  const top = modulus[padded ? 1 : 0] ?? 0;
  const bits = 8 * (size - (padded ? 1 : 0)) - Math.clz32(top) + 24;
  if (padded ? top < 0x80 : top === 0 || top >= 0x80) return false;
  const sequence = concat(Uint8Array.of(0x02, ...long(size)), modulus, EXPONENT);
  const string = concat(Uint8Array.of(0x00, 0x30, ...long(sequence.length)), sequence);
  const whole = concat(RSA, Uint8Array.of(0x03, ...long(string.length)), string);
  return bits >= 2048 && bits <= 8192 && equal(key, concat(Uint8Array.of(0x30, ...long(whole.length)), whole));
}

/** @param {Bytes} key @param {Bytes} prefix @param {number} length */
function isForm(key, prefix, length) {
  return key.length === length && equal(key.slice(0, prefix.length), prefix);
}

/**
 * What the public key in a SubjectPublicKeyInfo verifies. The browser refuses a point that is not on P-256.
 *
 * @param {string} algorithm @param {Bytes} key DER @returns {Promise<Verifies>} @throws {Malformed}
 */
export async function loadKey(algorithm, key) {
  const refused = new Malformed(`credential: not the one form of a key for ${algorithm}`);
  if (algorithm === "eddsa" && isForm(key, ED25519, 44)) {
    const point = ed25519Key(key.slice(ED25519.length));
    return (signature, message) => verifyEd25519(point, signature, message);
  }
  const elliptic = algorithm === "es256" && isForm(key, P256, 91);
  if (!elliptic && !(algorithm === "rs256" && isRsa(key))) throw refused;
  const parameters = { name: elliptic ? "ECDSA" : "RSASSA-PKCS1-v1_5", namedCurve: "P-256", hash: "SHA-256" };
  let imported;
  try {
    imported = await crypto.subtle.importKey("spki", key, parameters, false, ["verify"]);
  } catch (error) {
    // Every browser knows these two. One that did not would say nothing about the key.
    if (error instanceof DOMException && error.name === "NotSupportedError") throw error;
    throw refused;
  }
  return async (signature, message) => {
    const raw = elliptic ? rawFromDer(signature) : signature;
    return raw !== null && crypto.subtle.verify(parameters, imported, raw, message);
  };
}

/**
 * r ‖ s, as WebCrypto wants it, from the DER that authenticators give; null for any other encoding.
 *
 * @param {Bytes} der @returns {Bytes | null}
 */
export function rawFromDer(der) {
  if (der.length < 8 || der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const size = der[at + 1] ?? 0;
    const number = der.slice(at + 2, at + 2 + size);
    const [first = 0x80, second = 0] = number;
    if (der[at] !== 0x02 || number.length !== size || first >= 0x80) return null; // not there, or negative
    if (first === 0 && size > 1 && second < 0x80) return null; // a zero too many
    const digits = first === 0 ? number.slice(1) : number;
    if (digits.length > 32) return null;
    raw.set(digits, end - digits.length);
    at += 2 + size;
  }
  return at === der.length ? raw : null;
}

/** @param {Bytes} data @param {string} rp */
async function checkAuthenticator(data, rp) {
  if (data.length < SHORTEST_AUTHENTICATOR) throw refused("the authenticator's data is too short");
  if (!equal(data.slice(0, 32), await sha256(utf8(rp)))) throw refused("the authenticator signed for another host");
  if (((data[32] ?? 0) & PRESENT_AND_VERIFIED) !== PRESENT_AND_VERIFIED) {
    throw refused("the authenticator did not verify its user");
  }
}

/** @param {Bytes} client @returns {Record<string, unknown>} */
function readClient(client) {
  const brackets = client.reduce((sum, byte) => sum + (byte === 0x7b || byte === 0x5b ? 1 : 0), 0);
  if (client.length > LONGEST_CLIENT || brackets > MOST_BRACKETS) {
    throw refused("the browser's data is too long or too deep");
  }
  let fields;
  try {
    fields = JSON.parse(text(client));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CheckError) throw refused("the browser's data is not JSON");
    throw error;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw refused("the browser's data is not a JSON object");
  }
  return fields;
}

/** @param {unknown} origin @param {string} rp */
function isOriginOf(origin, rp) {
  if (typeof origin !== "string") return false;
  const host = (HTTPS.exec(origin) ?? LOCALHOST.exec(origin))?.[1];
  return host !== undefined && (host === rp || host.endsWith(`.${rp}`));
}

/** @param {Bytes} client @param {string} rp @param {Bytes} challenge */
function checkClient(client, rp, challenge) {
  const fields = readClient(client);
  const own = (/** @type {string} */ name) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const spelled = btoa(String.fromCharCode(...challenge)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  if (own("type") !== "webauthn.get") throw refused("the browser was not asked for a signature");
  if (own("challenge") !== spelled) throw refused("the person's signature is over another statement");
  if (!isOriginOf(own("origin"), rp)) throw refused("the person signed on a page of another host");
  if (own("crossOrigin") !== undefined && own("crossOrigin") !== false) {
    throw refused("the person signed in a page inside another one");
  }
}

/**
 * Prove that the credential `key` (DER, of host `rp`) signed `message` with its user verified.
 *
 * 1. The authenticator's data is of this host, its user was present and verified.
 * 2. The browser asked for exactly this challenge, for a signature, on a page of this host itself.
 * 3. The signature covers both.
 *
 * @param {Assertion} assertion
 * @param {{algorithm: string, key: Bytes, rp: string}} credential
 * @param {Bytes} message what the statement's signatures cover
 * @throws {NotProved} "signature"; {Malformed} for a key that is none
 */
export async function verifyAssertion(assertion, { algorithm, key, rp }, message) {
  const verifies = await loadKey(algorithm, key);
  await checkAuthenticator(assertion.authenticator, rp); // 1
  checkClient(assertion.client, rp, await sha256(message)); // 2
  const signed = concat(assertion.authenticator, await sha256(assertion.client)); // 3
  if (!(await verifies(assertion.signature, signed))) throw refused("the person's signature does not hold");
}
