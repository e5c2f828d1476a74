// @ts-check
// Public keys and signatures of authorities of time, and of credentials: the accepted algorithms, and nothing else.
//
// An algorithm identifier is accepted in the exact bytes of these tables, so no two readers can differ about its
// parameters. A key is accepted in one form: RSA of 2048 to 8192 bits with the exponent 65537, or an uncompressed
// point of P-256 or P-384. Whatever has another form is foreign: a certificate may have it, but proves nothing.
// Only after this is a key handed to the browser.
//
// Trusts nothing. Specification: docs/spec/time.md section 8; RFC 4055, 5480, 5754, 5758; RFC 8017 section 8.2.2;
// SEC 1.

import { toHex } from "./bytes.js";
import { INTEGER, MAX_LENGTH, SEQUENCE, numberOf, sequence } from "./der.js";
import { isUnsupported, Malformed } from "./errors.js";

/** @typedef {"SHA-1" | "SHA-256" | "SHA-384" | "SHA-512"} Hash */
/** @typedef {{kind: "rsa" | "ec", hash: Hash}} Signing how a signature was made: the kind of its key, and its hash */

/** A curve y² = x³ − 3x + b modulo p, with numbers of `size` bytes. @typedef {{name: "P-256" | "P-384", size: number, p: bigint, b: bigint}} Curve */

/**
 * A public key. `spki`: its SubjectPublicKeyInfo; `size`: bytes of an RSA key's modulus.
 *
 * @typedef {{kind: "rsa", spki: Bytes, size: number} | {kind: "ec", spki: Bytes, curve: Curve}} Key
 */

/** Hashes in CMS, by their identifiers in hexadecimal: parameters absent, or NULL. @type {ReadonlyMap<string, Hash>} */
export const HASHES = new Map([
  ["300b0609608648016503040201", "SHA-256"],
  ["300d06096086480165030402010500", "SHA-256"],
  ["300b0609608648016503040202", "SHA-384"],
  ["300d06096086480165030402020500", "SHA-384"],
  ["300b0609608648016503040203", "SHA-512"],
  ["300d06096086480165030402030500", "SHA-512"],
]);

/** What RFC 5816 calls the default, which is never written. */
export const DEFAULT_HASH = "300b0609608648016503040201";

/** Signatures: of RSA the parameters are NULL, of ECDSA absent. @type {ReadonlyMap<string, Signing>} */
export const SIGNATURES = new Map([
  ["300d06092a864886f70d01010b0500", { kind: "rsa", hash: "SHA-256" }],
  ["300d06092a864886f70d01010c0500", { kind: "rsa", hash: "SHA-384" }],
  ["300d06092a864886f70d01010d0500", { kind: "rsa", hash: "SHA-512" }],
  ["300a06082a8648ce3d040302", { kind: "ec", hash: "SHA-256" }],
  ["300a06082a8648ce3d040303", { kind: "ec", hash: "SHA-384" }],
  ["300a06082a8648ce3d040304", { kind: "ec", hash: "SHA-512" }],
]);

/** An RSA key; and in CMS a signature by one, whose hash is stated beside it. */
export const RSA = "300d06092a864886f70d0101010500";

const MODULUS = { least: 2048, most: 8192 }; // bits
const EXPONENT = 65537n;

/** By the whole algorithm identifier: id-ecPublicKey, and the name of the curve. @type {ReadonlyMap<string, Curve>} */
const CURVES = new Map([
  [
    "301306072a8648ce3d020106082a8648ce3d030107",
    {
      name: "P-256",
      size: 32,
      p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    },
  ],
  [
    "301006072a8648ce3d020106052b81040022",
    {
      name: "P-384",
      size: 48,
      p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    },
  ],
]);

/** @param {Bytes} spki a SubjectPublicKeyInfo @returns {Key | null} null where it is foreign */
export function parseKey(spki) {
  return orNull(() => {
    const reader = sequence(spki, "public key");
    const algorithm = toHex(reader.take(SEQUENCE).whole);
    const bits = reader.bits();
    reader.end();
    if (algorithm === RSA) return rsaKey(spki, bits);
    const curve = CURVES.get(algorithm);
    return curve && isPoint(curve, bits) ? { kind: "ec", spki, curve } : null;
  });
}

/**
 * Whether this key made this signature in this way, by the browser's own cryptography; what is foreign never did.
 *
 * @param {Key | null} key @param {Signing | null} signing @param {Bytes} signature in DER, for ECDSA @param {Bytes} message
 */
export async function verifies(key, signing, signature, message) {
  if (!key || !signing || key.kind !== signing.kind) return false;
  const raw = key.kind === "ec" ? rawSignature(signature, key.curve.size) : signature;
  if (!raw || (key.kind === "rsa" && raw.length !== key.size)) return false;
  const imported =
    key.kind === "ec"
      ? { name: "ECDSA", namedCurve: key.curve.name }
      : { name: "RSASSA-PKCS1-v1_5", hash: signing.hash };
  try {
    const made = await crypto.subtle.importKey("spki", key.spki, imported, false, ["verify"]);
    return await crypto.subtle.verify({ name: imported.name, hash: signing.hash }, made, raw, message);
  } catch (error) {
    if (isUnsupported(error) || !(error instanceof DOMException)) throw error;
    return false; // a key that the browser does not take
  }
}

/** @param {Bytes} spki @param {Bytes} bits @returns {Key | null} */
function rsaKey(spki, bits) {
  const reader = sequence(bits, "public key");
  const [modulus, exponent] = [reader.integer(INTEGER, MAX_LENGTH), reader.integer(INTEGER, MAX_LENGTH)];
  reader.end();
  const length = modulus > 0n ? modulus.toString(2).length : 0;
  if (length < MODULUS.least || length > MODULUS.most) return null;
  return modulus % 2n === 1n && exponent === EXPONENT ? { kind: "rsa", spki, size: Math.ceil(length / 8) } : null;
}

/** Whether these are the bytes of an uncompressed point on the curve. @param {Curve} curve @param {Bytes} bytes */
function isPoint({ size, p, b }, bytes) {
  if (bytes.length !== 1 + 2 * size || bytes[0] !== 0x04) return false;
  const [x, y] = [numberOf(bytes.subarray(1, 1 + size)), numberOf(bytes.subarray(1 + size))];
  return x < p && y < p && (y * y - x * x * x + 3n * x - b) % p === 0n;
}

/** An ECDSA signature as WebCrypto wants it: two numbers, each as long as the curve's. @param {Bytes} der @param {number} size */
function rawSignature(der, size) {
  return orNull(() => {
    const raw = new Uint8Array(2 * size);
    const reader = sequence(der, "signature");
    for (const end of [size, 2 * size]) {
      const number = reader.integerBytes(INTEGER, size + 1);
      const digits = number[0] === 0 ? number.subarray(1) : number;
      const positive = digits.length > 0 && number[0] < 0x80;
      if (!positive || digits.length > size) throw reader.malformed("a number out of range");
      raw.set(digits, end - digits.length);
    }
    reader.end();
    return raw;
  });
}

/** @template T @param {() => T} read @returns {T | null} null where the bytes have another form */
function orNull(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}
