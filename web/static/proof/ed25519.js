// @ts-check
// Ed25519: the one place where a public key is read and a signature is checked.
//
// Browsers take keys of small order, under which R = 1, S = 0 is a signature of every message, or of one in eight, and
// nobody has a private key. So no other module gives a key of Ed25519 to the browser (eslint.config.js holds them to it).
//
// The browser does the arithmetic of the curve, or edwards25519.js where the browser does not know the algorithm. Here
// encodings are compared with the field's prime, the group's order and the y of the eight points of small order, so that
// every browser, and the other verifier, comes to the same end.
//
// Trusts nothing. Specification: docs/spec/signatures.md; RFC 8032, section 5.1.

import { fromHex } from "./bytes.js";
import { littleEndian, ORDER, PRIME, satisfiesEquation } from "./edwards25519.js";
import { Malformed } from "./errors.js";

const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** The y of the points of small order: each has one x, or two that the sign bit tells apart. */
const SMALL_ORDER = new Set([0n, 1n, ORDER_8, PRIME - ORDER_8, PRIME - 1n]);
/** The base point: a key as good as any, to find out whether this browser knows the algorithm. */
const BASE = fromHex(`58${"66".repeat(31)}`, 32);

/** @param {Bytes} point 32 bytes @returns {string | null} why it is refused */
function refused(point) {
  const y = BigInt.asUintN(255, littleEndian(point)); // the highest bit is the sign of x
  if (y >= PRIME) return "not in the canonical encoding";
  return SMALL_ORDER.has(y) ? "a point of small order, for which anybody can sign" : null;
}

/**
 * A public key: 32 bytes, the canonical encoding of no point of small order. Whether it is a point at all shows at the
 * first signature: under one that is none, no signature holds.
 *
 * @param {Bytes} publicKey @returns {Bytes} the same @throws {Malformed}
 */
export function ed25519Key(publicKey) {
  if (publicKey.length !== 32) throw new Malformed("an Ed25519 public key is not 32 bytes");
  const why = refused(publicKey);
  if (why !== null) throw new Malformed(`an Ed25519 public key is ${why}`);
  return publicKey;
}

/**
 * Whether this key made this signature: S·B = R + k·A, without the cofactor.
 *
 * @param {Bytes} publicKey @param {Bytes} signature @param {Bytes} message @returns {Promise<boolean>}
 * @throws {Malformed} for a key that is refused
 */
export async function verifyEd25519(publicKey, signature, message) {
  const bytes = ed25519Key(publicKey);
  if (signature.length !== 64 || refused(signature.slice(0, 32)) !== null || littleEndian(signature.slice(32)) >= ORDER) {
    return false;
  }
  const key = await imported(bytes);
  return key ? crypto.subtle.verify("Ed25519", key, signature, message) : satisfiesEquation(bytes, signature, message);
}

/** Whether this browser knows Ed25519, so that it checks the signatures, and not this page's own code. */
export async function browserKnowsEd25519() {
  return (await imported(BASE)) !== null;
}

/**
 * @param {Bytes} publicKey
 * @returns {Promise<CryptoKey | null>} null where this browser does not know Ed25519, or takes the key for no point:
 *   for which browsers throw several errors
 */
async function imported(publicKey) {
  try {
    return await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
