// @ts-check
// Verification of ML-DSA-44, for browsers that do not know the algorithm.
//
// Keys and signatures are public, so nothing here takes care to take the same time for all of them. A signature that is
// not encoded in the one way that the specification allows does not hold: no second one can be made of a first by
// writing it in another way.
//
// Trusts nothing. Specification: FIPS 204, algorithms 3 and 8, with 21 to 28 for the encodings and 36 to 40 for hints.

import { concat, equal } from "./bytes.js";
import { Shake, SHAKE256 } from "./keccak.js";
import { inverseNtt, N, ntt, Q, residue, sampleInBall, sampleUniform, sumOfProducts } from "./ml_dsa_ring.js";

/** @import { Polynomial } from "./ml_dsa_ring.js" */
/** @typedef {{challenge: Bytes, z: Polynomial[], hints: Uint8Array[]}} Decoded `hints`: of each polynomial 256 times 0 or 1 */

// FIPS 204, section 4, tables 1 and 2.
const K = 4; // rows of the matrix, polynomials in t1 and w; as many columns, polynomials in z
const DROPPED = 13; // d, bits that are left out of t
const TAU = 39; // coefficients of the challenge that are not 0
const GAMMA_1 = 2 ** 17;
const GAMMA_2 = (Q - 1) / 88;
const BETA = 78;
const OMEGA = 80; // hints at most
const KEY_LENGTH = 1312;
const SIGNATURE_LENGTH = 2420;
const SEED_LENGTH = 32;
const CHALLENGE_LENGTH = 32;
const T1_BITS = 10;
const Z_BITS = 18;
const W1_BITS = 6;
const W1_VALUES = (Q - 1) / (2 * GAMMA_2);
const LONGEST_CONTEXT = 255;

/**
 * Algorithm 3, "pure" ML-DSA. Any key of the right length is one.
 *
 * @param {Bytes} publicKey 1,312 bytes @param {Bytes} signature 2,420 bytes: of any other length, either does not hold
 * @param {Bytes} message @param {Bytes} [context] 255 bytes at most
 * @returns {boolean}
 */
export function verifyMlDsa44(publicKey, signature, message, context = new Uint8Array()) {
  if (context.length > LONGEST_CONTEXT) return false;
  return verifyInternal(publicKey, signature, concat(Uint8Array.of(0, context.length), context, message));
}

/**
 * Algorithm 8, ML-DSA.Verify_internal.
 *
 * @param {Bytes} publicKey @param {Bytes} signature @param {Bytes} formatted the message, with what precedes it
 * @returns {boolean}
 */
export function verifyInternal(publicKey, signature, formatted) {
  if (publicKey.length !== KEY_LENGTH) return false;
  const decoded = decodeSignature(signature);
  if (decoded === null) return false;
  const { challenge, z, hints } = decoded;
  if (z.some((one) => one.some((coefficient) => Math.abs(coefficient) >= GAMMA_1 - BETA))) return false;

  const seed = publicKey.slice(0, SEED_LENGTH);
  const t1 = unpack(publicKey.slice(SEED_LENGTH), T1_BITS);
  const message = digest(64, digest(64, publicKey), formatted);
  const c = ntt(sampleInBall(challenge, TAU));
  for (const one of z) ntt(one);
  const w1 = t1.map((t, row) => {
    const products = z.map((one, column) => /** @type {[Polynomial, Polynomial]} */ ([entry(seed, row, column), one]));
    const shifted = ntt(t.map((coefficient) => coefficient * 2 ** DROPPED));
    return useHints(hints[row], inverseNtt(sumOfProducts(products, [c, shifted])));
  });
  return equal(challenge, digest(CHALLENGE_LENGTH, message, ...w1.map(packW1)));
}

/** H of FIPS 204. @param {number} length in bytes @param {Bytes[]} parts */
function digest(length, ...parts) {
  return new Shake(SHAKE256, ...parts).read(length);
}

/** Algorithm 32, ExpandA: one entry of the matrix. @param {Bytes} seed @param {number} row @param {number} column */
function entry(seed, row, column) {
  return sampleUniform(concat(seed, Uint8Array.of(column, row)));
}

/** Algorithm 27, sigDecode. @param {Bytes} signature @returns {Decoded | null} null where it is no encoding of any */
function decodeSignature(signature) {
  if (signature.length !== SIGNATURE_LENGTH) return null;
  const end = SIGNATURE_LENGTH - OMEGA - K;
  const hints = decodeHints(signature.slice(end));
  if (hints === null) return null;
  const z = unpack(signature.slice(CHALLENGE_LENGTH, end), Z_BITS).map((one) => one.map((value) => GAMMA_1 - value));
  return { challenge: signature.slice(0, CHALLENGE_LENGTH), z, hints };
}

/**
 * Algorithm 21, HintBitUnpack: the places of hints, polynomial by polynomial, and behind them how many there are up to
 * each polynomial's end.
 *
 * @param {Bytes} packed OMEGA + K bytes @returns {Uint8Array[] | null} null where it is not the one encoding of any
 */
function decodeHints(packed) {
  const hints = [];
  let index = 0;
  for (const end of packed.slice(OMEGA)) {
    if (end < index || end > OMEGA) return null;
    const places = packed.slice(index, end);
    if (places.some((place, i) => i > 0 && places[i - 1] >= place)) return null;
    const polynomial = new Uint8Array(N);
    for (const place of places) polynomial[place] = 1;
    hints.push(polynomial);
    index = end;
  }
  return packed.slice(index, OMEGA).every((byte) => byte === 0) ? hints : null;
}

/**
 * Algorithm 18, SimpleBitUnpack, of several polynomials: numbers without a sign, the lowest bit first.
 *
 * @param {Bytes} bytes @param {number} size bits of a number, 18 at most @returns {Polynomial[]}
 */
function unpack(bytes, size) {
  const numbers = new Int32Array((8 * bytes.length) / size);
  let [bits, held, at] = [0, 0, 0];
  for (const byte of bytes) {
    bits |= byte << held;
    held += 8;
    if (held < size) continue;
    numbers[at++] = bits & ((1 << size) - 1);
    bits >>>= size;
    held -= size;
  }
  return Array.from({ length: numbers.length / N }, (_, i) => numbers.slice(N * i, N * (i + 1)));
}

/** Algorithm 16, SimpleBitPack, of numbers of 6 bits: four are three bytes. @param {Polynomial} w1 @returns {Bytes} 192 */
function packW1(w1) {
  const bytes = new Uint8Array((N * W1_BITS) / 8);
  for (let i = 0, at = 0; i < N; i += 4, at += 3) {
    const four = w1[i] | (w1[i + 1] << 6) | (w1[i + 2] << 12) | (w1[i + 3] << 18);
    bytes.set([four & 0xff, (four >> 8) & 0xff, four >> 16], at);
  }
  return bytes;
}

/** Algorithm 40, UseHint, of each coefficient. @param {Uint8Array} hints @param {Polynomial} w @returns {Polynomial} */
function useHints(hints, w) {
  return w.map((coefficient, i) => {
    const { high, low } = decompose(residue(coefficient));
    return hints[i] === 0 ? high : (high + (low > 0 ? 1 : W1_VALUES - 1)) % W1_VALUES;
  });
}

/** Algorithm 36. @param {number} r from 0 to Q - 1 @returns {{high: number, low: number}} r as high * 2 GAMMA_2 + low */
function decompose(r) {
  const rest = r % (2 * GAMMA_2);
  const low = rest > GAMMA_2 ? rest - 2 * GAMMA_2 : rest;
  return r - low === Q - 1 ? { high: 0, low: low - 1 } : { high: (r - low) / (2 * GAMMA_2), low };
}
