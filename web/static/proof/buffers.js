// @ts-check
// Memory that is used again, for reading gigabytes: fresh memory costs a browser more than reading a file into it.

/** Owned by one reader at a time. What was read into it is good until it is read into once more. */
export class Room {
  /** @type {Map<string, ArrayBuffer>} */
  #buffers = new Map();

  /** @param {string} purpose @param {number} length @returns {ArrayBuffer} at least so long; the caller's until it is kept again */
  take(purpose, length) {
    const buffer = this.#buffers.get(purpose);
    this.#buffers.delete(purpose);
    return buffer && buffer.byteLength >= length ? buffer : new ArrayBuffer(length);
  }

  /** @param {string} purpose @param {ArrayBuffer} buffer */
  keep(purpose, buffer) {
    this.#buffers.set(purpose, buffer);
  }
}
