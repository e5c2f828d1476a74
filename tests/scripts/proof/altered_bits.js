// Bytes that look random and are the same every time, and copies of bytes with one bit altered.

import { createHash } from "node:crypto";

/** @param {number} length @param {number} seed @returns {Uint8Array<ArrayBuffer>} */
export function sequence(length, seed) {
  return new Uint8Array(createHash("shake256", { outputLength: Math.max(length, 1) }).update(`${seed}`).digest()).slice(0, length);
}

/**
 * Of each part its first and its last bit, and three between them.
 *
 * @param {Uint8Array<ArrayBuffer>} whole @param {[number, number][]} parts from byte to byte @param {number} seed
 */
export function flips(whole, parts, seed) {
  return parts.flatMap(([from, to]) => {
    const between = [...new Uint32Array(sequence(12, `${seed} ${from}`).buffer)].map((number) => 8 * from + (number % (8 * (to - from))));
    return [8 * from, ...between, 8 * to - 1].map((bit) => {
      const altered = whole.slice();
      altered[bit >> 3] ^= 1 << (bit & 7);
      return altered;
    });
  });
}
