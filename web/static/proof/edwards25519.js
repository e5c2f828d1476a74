// @ts-check
// The curve edwards25519: the equation of a signature of Ed25519, for browsers that do not know the algorithm.
//
// Points are in extended homogeneous coordinates: (X : Y : Z : T) is x = X / Z, y = Y / Z, with T = X * Y / Z. One
// formula adds any two points and doubles any point. Keys and signatures are public, so nothing here takes care to
// take the same time for all of them.
//
// Trusts its caller, ed25519.js, to have refused what has to be refused by its encoding alone. Specification:
// docs/spec/signatures.md, section 1; RFC 8032, section 5.1.

import { concat, equal, sha512 } from "./bytes.js";

/** @typedef {readonly [bigint, bigint, bigint, bigint]} Point X, Y, Z, T, each from 0 to PRIME - 1 */

export const PRIME = 2n ** 255n - 19n;
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The d in the curve's equation, -x^2 + y^2 = 1 + d * x^2 * y^2. */
const COEFFICIENT = residue(-121665n * power(121666n, PRIME - 2n));
const ROOT_OF_MINUS_1 = power(2n, (PRIME - 1n) / 4n);
/** @type {Point} */
const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = /** @type {Point} */ (decode(encodedNumber(residue(4n * power(5n, PRIME - 2n)))));

/** @param {Bytes} bytes a multiple of 8 @returns {bigint} */
export function littleEndian(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let number = 0n;
  for (let at = bytes.length - 8; at >= 0; at -= 8) number = (number << 64n) | view.getBigUint64(at, true);
  return number;
}

/** @param {bigint} number below 2^256 @returns {Bytes} 32, little-endian */
function encodedNumber(number) {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 32; at += 8) view.setBigUint64(at, BigInt.asUintN(64, number >> BigInt(8 * at)), true);
  return bytes;
}

/** @param {bigint} number @returns {bigint} the same modulo PRIME, not negative */
function residue(number) {
  const rest = number % PRIME;
  return rest < 0n ? rest + PRIME : rest;
}

/** @param {bigint} base @param {bigint} exponent not negative @returns {bigint} modulo PRIME */
function power(base, exponent) {
  let result = 1n;
  for (const digit of exponent.toString(2)) {
    result = residue(result * result);
    if (digit === "1") result = residue(result * base);
  }
  return result;
}

/**
 * RFC 8032, section 5.1.3.
 *
 * @param {Bytes} bytes 32, of which y is below PRIME @returns {Point | null} null where no point on the curve has this y
 */
function decode(bytes) {
  const number = littleEndian(bytes);
  const y = BigInt.asUintN(255, number);
  const [u, v] = [residue(y * y - 1n), residue(COEFFICIENT * y * y + 1n)];
  // x^2 = u / v, and a candidate for its root without a division.
  const cubed = residue(v * v * v);
  let x = residue(u * cubed * power(residue(u * cubed * cubed * v), (PRIME - 5n) / 8n));
  const found = residue(v * x * x);
  if (found !== u) {
    if (found !== residue(-u)) return null;
    x = residue(x * ROOT_OF_MINUS_1);
  }
  if ((x & 1n) !== number >> 255n) x = residue(-x);
  return [x, y, 1n, residue(x * y)];
}

/** RFC 8032, section 5.1.2. @param {Point} point @returns {Bytes} 32 */
function encode([X, Y, Z]) {
  const inverse = power(Z, PRIME - 2n);
  const [x, y] = [residue(X * inverse), residue(Y * inverse)];
  return encodedNumber(((x & 1n) << 255n) | y);
}

/**
 * RFC 8032, section 5.1.4: the sum of any two points, also of a point and itself, its negative, or the neutral point.
 *
 * @param {Point} one @param {Point} other @returns {Point}
 */
function add([X1, Y1, Z1, T1], [X2, Y2, Z2, T2]) {
  const A = residue((Y1 - X1) * (Y2 - X2));
  const B = residue((Y1 + X1) * (Y2 + X2));
  const C = residue(2n * COEFFICIENT * residue(T1 * T2));
  const D = residue(2n * Z1 * Z2);
  const [E, F, G, H] = [B - A, D - C, D + C, B + A];
  return [residue(E * F), residue(G * H), residue(F * G), residue(E * H)];
}

/** The same point twice, in fewer multiplications. @param {Point} point @returns {Point} */
function double([X, Y, Z]) {
  const A = residue(X * X);
  const B = residue(Y * Y);
  const C = 2n * Z * Z;
  const H = A + B;
  const E = H - (X + Y) * (X + Y);
  const G = A - B;
  const F = residue(C + G);
  const reduced = residue(E);
  return [residue(reduced * F), residue(G * H), residue(F * G), residue(reduced * H)];
}

/**
 * s·P + k·Q, from the highest bit of both numbers to the lowest.
 *
 * @param {bigint} s @param {Point} P @param {bigint} k @param {Point} Q @returns {Point}
 */
function combine(s, P, k, Q) {
  const sums = [NEUTRAL, P, Q, add(P, Q)];
  const length = Math.max(s.toString(2).length, k.toString(2).length);
  let sum = NEUTRAL;
  for (let at = BigInt(length) - 1n; at >= 0n; at -= 1n) {
    sum = double(sum);
    const bits = Number((s >> at) & 1n) + 2 * Number((k >> at) & 1n);
    if (bits > 0) sum = add(sum, sums[bits]);
  }
  return sum;
}

/**
 * Whether S·B - k·A, encoded, is R, with k = SHA-512(R ‖ A ‖ message) mod ORDER: the equation without the cofactor.
 * No R that is not a point satisfies it.
 *
 * @param {Bytes} publicKey A, 32 bytes: any, of which y is below PRIME. Under those that are no point no signature holds
 * @param {Bytes} signature R ‖ S, 64 bytes, with S below ORDER
 * @param {Bytes} message
 * @returns {Promise<boolean>}
 */
export async function satisfiesEquation(publicKey, signature, message) {
  const A = decode(publicKey);
  if (A === null) return false;
  const [R, S] = [signature.slice(0, 32), littleEndian(signature.slice(32))];
  const k = littleEndian(await sha512(concat(R, publicKey, message))) % ORDER;
  const [X, Y, Z, T] = A;
  return equal(encode(combine(S, BASE, k, [residue(-X), Y, Z, residue(-T)])), R);
}
