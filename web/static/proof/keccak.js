// @ts-check
// SHAKE128 and SHAKE256: hash functions whose output is as long as wanted. Browsers have neither.
//
// The state of Keccak-f[1600] is 25 lanes of 64 bits. Lane x + 5 * y is in two words here: the lower 32 bits at
// 2 * (x + 5 * y), the higher ones behind them.
//
// Specification: FIPS 202, sections 3.2, 4 and 6.2.

/** Bytes of the state that take input or give output at a time. */
export const SHAKE128 = 168;
export const SHAKE256 = 136;

const ROUNDS = 24;
const WORDS = 50;
const ROUND_CONSTANTS = roundConstants();
/** Where the lane at each place goes in step pi, and by how many bits it was rotated in step rho. */
const [TARGETS, ROTATIONS] = movements();

/** FIPS 202, algorithms 5 and 6. @returns {Int32Array} two words a round */
function roundConstants() {
  const constants = new Int32Array(2 * ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let j = 0; j <= 6; j += 1) {
      const bit = (1 << j) - 1; // of the lane
      if (register & 1) constants[2 * round + (bit >> 5)] ^= 1 << (bit & 31);
      register <<= 1;
      if (register & 0x100) register ^= 0x171; // x^8 + x^6 + x^5 + x^4 + 1
    }
  }
  return constants;
}

/** FIPS 202, algorithms 2 and 3. @returns {[Uint8Array, Uint8Array]} of each lane */
function movements() {
  const [targets, rotations] = [new Uint8Array(25), new Uint8Array(25)];
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t += 1) {
    rotations[x + 5 * y] = ((t + 1) * (t + 2)) / 2 % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  for (let lane = 0; lane < 25; lane += 1) {
    const [from, row] = [lane % 5, Math.floor(lane / 5)];
    targets[lane] = row + 5 * ((2 * from + 3 * row) % 5);
  }
  return [targets, rotations];
}

/**
 * Rotate a lane to the left, by less than 64 bits.
 *
 * @param {number} low @param {number} high its words @param {number} bits @returns {number} the new lower word; of the
 *   words in the other order, the new higher one
 */
function rotated(low, high, bits) {
  const own = bits < 32 ? low : high;
  const other = bits < 32 ? high : low;
  return (own << (bits & 31)) | ((other >>> 1) >>> (31 - (bits & 31)));
}

/** Keccak-f[1600]. @param {Int32Array} state 50 words, changed in place */
function permute(state) {
  const parities = new Int32Array(10);
  const moved = new Int32Array(WORDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    // theta
    for (let i = 0; i < 10; i += 1) parities[i] = state[i] ^ state[i + 10] ^ state[i + 20] ^ state[i + 30] ^ state[i + 40];
    for (let i = 0; i < 10; i += 1) {
      const left = (i + 8) % 10; // the same word of the columns beside
      const right = (i + 2) % 10;
      const changed = parities[left] ^ rotated(parities[right], parities[right ^ 1], 1);
      for (let row = i; row < WORDS; row += 10) state[row] ^= changed;
    }
    // rho and pi
    for (let lane = 0; lane < 25; lane += 1) {
      const low = state[2 * lane];
      const high = state[2 * lane + 1];
      const bits = ROTATIONS[lane];
      moved[2 * TARGETS[lane]] = rotated(low, high, bits);
      moved[2 * TARGETS[lane] + 1] = rotated(high, low, bits);
    }
    // chi
    for (let row = 0; row < WORDS; row += 10) {
      for (let i = 0; i < 10; i += 1) {
        state[row + i] = moved[row + i] ^ (~moved[row + ((i + 2) % 10)] & moved[row + ((i + 4) % 10)]);
      }
    }
    // iota
    state[0] ^= ROUND_CONSTANTS[2 * round];
    state[1] ^= ROUND_CONSTANTS[2 * round + 1];
  }
}

/** One output: all of the input is known when it begins. */
export class Shake {
  #state = new Int32Array(WORDS);
  #rate;
  #at = 0; // within the block whose output is given now

  /** @param {number} rate SHAKE128 or SHAKE256 @param {Bytes[]} input joined */
  constructor(rate, ...input) {
    this.#rate = rate;
    for (const part of input) for (const byte of part) this.#absorb(byte);
    this.#xor(this.#at, 0x1f); // the suffix 1111 of SHAKE, and the first bit of the padding
    this.#xor(rate - 1, 0x80);
    permute(this.#state);
    this.#at = 0;
  }

  /** @param {number} byte */
  #absorb(byte) {
    this.#xor(this.#at, byte);
    this.#at += 1;
    if (this.#at < this.#rate) return;
    permute(this.#state);
    this.#at = 0;
  }

  /** @param {number} at @param {number} byte */
  #xor(at, byte) {
    this.#state[at >> 2] ^= byte << (8 * (at & 3)); // the words of a lane are in the order of its bytes
  }

  /** @returns {number} the next byte */
  next() {
    if (this.#at === this.#rate) {
      permute(this.#state);
      this.#at = 0;
    }
    const byte = (this.#state[this.#at >> 2] >> (8 * (this.#at & 3))) & 0xff;
    this.#at += 1;
    return byte;
  }

  /** @param {number} length @returns {Bytes} the next bytes */
  read(length) {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) bytes[i] = this.next();
    return bytes;
  }
}
