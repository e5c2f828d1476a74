// @ts-check
// Polynomials of ML-DSA: 256 coefficients modulo 8380417, multiplied by way of the number-theoretic transform.
//
// A coefficient is any integer between -Q and Q that is congruent to the right one; `residue` gives the one from 0 to
// Q - 1. Within the transform it grows to 9 Q at most, so every product is below 2^53 and exact in JavaScript's numbers.
//
// Specification: FIPS 204, sections 2.3, 7.3 and 7.5.

import { Shake, SHAKE128, SHAKE256 } from "./keccak.js";

/** @typedef {Int32Array} Polynomial 256 coefficients */

export const Q = 8380417;
export const N = 256;

const ROOT = 1753; // of unity, of order 512
const INVERSE_OF_N = 8347681;
/** zetas[m] = ROOT^BitRev8(m), from 0 to Q - 1. */
const ZETAS = powers();

function powers() {
  const found = new Int32Array(N);
  let power = 1;
  for (let exponent = 0; exponent < N; exponent += 1) {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit += 1) reversed |= ((exponent >> bit) & 1) << (7 - bit);
    found[reversed] = power;
    power = (power * ROOT) % Q;
  }
  return found;
}

/** @param {number} number @returns {number} from 0 to Q - 1 */
export function residue(number) {
  const rest = number % Q;
  return rest < 0 ? rest + Q : rest;
}

/** Algorithm 41, in place. @param {Polynomial} w @returns {Polynomial} the same */
export function ntt(w) {
  let m = 0;
  for (let length = 128; length >= 1; length /= 2) {
    for (let start = 0; start < N; start += 2 * length) {
      m += 1;
      for (let j = start; j < start + length; j += 1) {
        const t = (ZETAS[m] * w[j + length]) % Q;
        w[j + length] = w[j] - t;
        w[j] += t;
      }
    }
  }
  for (let j = 0; j < N; j += 1) w[j] %= Q;
  return w;
}

/** Algorithm 42, in place. @param {Polynomial} w @returns {Polynomial} the same */
export function inverseNtt(w) {
  let m = N;
  for (let length = 1; length < N; length *= 2) {
    for (let start = 0; start < N; start += 2 * length) {
      m -= 1;
      for (let j = start; j < start + length; j += 1) {
        const t = w[j];
        w[j] = (t + w[j + length]) % Q;
        w[j + length] = (-ZETAS[m] * (t - w[j + length])) % Q;
      }
    }
  }
  for (let j = 0; j < N; j += 1) w[j] = (INVERSE_OF_N * w[j]) % Q;
  return w;
}

/**
 * A sum of products, less one product: all of transformed polynomials, coefficient by coefficient.
 *
 * @param {readonly [Polynomial, Polynomial][]} added at most 100 pairs
 * @param {readonly [Polynomial, Polynomial]} subtracted @returns {Polynomial}
 */
export function sumOfProducts(added, [c, t]) {
  const sum = new Int32Array(N);
  for (let i = 0; i < N; i += 1) {
    let coefficient = -c[i] * t[i];
    for (const [a, z] of added) coefficient += a[i] * z[i];
    sum[i] = coefficient % Q;
  }
  return sum;
}

/** Algorithm 30, RejNTTPoly. @param {Bytes} seed 34 bytes @returns {Polynomial} transformed */
export function sampleUniform(seed) {
  const stream = new Shake(SHAKE128, seed);
  const found = new Int32Array(N);
  for (let j = 0; j < N; ) {
    const coefficient = stream.next() | (stream.next() << 8) | ((stream.next() & 0x7f) << 16);
    if (coefficient < Q) found[j++] = coefficient;
  }
  return found;
}

/**
 * Algorithm 29, SampleInBall: a polynomial of `weight` coefficients 1 and -1, and otherwise 0.
 *
 * @param {Bytes} seed @param {number} weight at most 64 @returns {Polynomial}
 */
export function sampleInBall(seed, weight) {
  const stream = new Shake(SHAKE256, seed);
  const signs = stream.read(8);
  const c = new Int32Array(N);
  for (let i = N - weight; i < N; i += 1) {
    let j = stream.next();
    while (j > i) j = stream.next();
    const at = i + weight - N;
    c[i] = c[j];
    c[j] = (signs[at >> 3] >> (at & 7)) & 1 ? -1 : 1;
  }
  return c;
}
