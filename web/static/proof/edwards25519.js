// @ts-check
// The curve edwards25519: its numbers, and how they are read.
//
// Specification: RFC 8032, section 5.1.

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const PRIME = 2n ** 255n - 19n;
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** @param {Bytes} bytes 32 @returns {bigint} */
export function littleEndian(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  return [24, 16, 8, 0].reduce((number, at) => (number << 64n) | view.getBigUint64(at, true), 0n);
}
