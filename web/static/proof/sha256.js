// @ts-check
// SHA-256 of a file that is read piece by piece. The browser's own SHA-256 needs the whole file in memory at once.
//
// Specification: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1, 5.3.3 and 6.2.2.

const BLOCK = 64; // bytes
const LENGTH = 8; // bytes of the message's length in bits, at the end of the padding

/** The first `count` primes. @param {number} count */
function primes(count) {
  /** @type {number[]} */
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/**
 * The first 32 bits of a number's fractional part. A double has 18 bits more than these need, so how an engine rounds
 * the roots does not matter.
 *
 * @param {number} x below 8
 */
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;

const K = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const INITIAL = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

export class Sha256 {
  #hash = INITIAL.slice();
  #words = new Int32Array(64);
  #block = new Uint8Array(BLOCK);
  #view = new DataView(this.#block.buffer);
  #size = 0; // bytes

  /** @param {Bytes} bytes the next ones of the file */
  update(bytes) {
    let at = 0;
    const begun = this.#size % BLOCK;
    this.#size += bytes.length;
    if (begun > 0) {
      at = Math.min(BLOCK - begun, bytes.length);
      this.#block.set(bytes.subarray(0, at), begun);
      if (begun + at < BLOCK) return;
      this.#compress(this.#view, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + BLOCK <= bytes.length; at += BLOCK) this.#compress(view, at);
    this.#block.set(bytes.subarray(at));
  }

  /** @returns {Bytes} 32 bytes; nothing can be added afterwards */
  digest() {
    const used = this.#size % BLOCK;
    this.#block.fill(0, used);
    this.#block[used] = 0x80;
    if (used + 1 + LENGTH > BLOCK) {
      this.#compress(this.#view, 0);
      this.#block.fill(0);
    }
    this.#view.setBigUint64(BLOCK - LENGTH, 8n * BigInt(this.#size));
    this.#compress(this.#view, 0);
    const out = new DataView(new ArrayBuffer(32));
    this.#hash.forEach((word, i) => out.setInt32(4 * i, word));
    return new Uint8Array(out.buffer);
  }

  /** One block. @param {DataView} view @param {number} at its offset */
  #compress(view, at) {
    const w = this.#words;
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t);
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    const hash = this.#hash;
    let a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
    hash[5] += f;
    hash[6] += g;
    hash[7] += h;
  }
}
