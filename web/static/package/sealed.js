// @ts-check
// A package as one sealed file: an archive of the folder, encrypted under a passphrase.
//
//   amana/package/v1 LF
//   {"iterations":1000000,"kdf":"pbkdf2-hmac-sha-512","salt":"…"} LF
//   one chunked-encryption message (proof/cobblestone.js): an archive (archives.js) of all files
//
// The key commits: a wrong passphrase is recognised before anything is decrypted. The file is
// read where it is needed, each chunk authenticated as it is read, so that a film begins without waiting for all of it.
//
// Sealing keeps people out; it proves nothing about the testimony. Specification: docs/spec/sealed-package.md.

import { readArchive, CutShort } from "./archives.js";
import { bytesOf, concat, equal, fromBase64, sha256, utf8 } from "../proof/bytes.js";
import { CHUNK, ChunkAltered, ChunkOpener, HEAD, importRoot, messageKey, plainLength, SALT, SEALED_CHUNK } from "../proof/cobblestone.js";
import { Malformed, NotProved } from "../proof/errors.js";

/** @import { PassphraseWords } from "./passphrase.js" */
/** @import { Room } from "../proof/buffers.js" */

const FIRST_LINE = utf8("amana/package/v1\n");
const LABEL = utf8("amana/package/v1\0");
const LONGEST_SECOND_LINE = 128;
const SECOND_LINE = /^\{"iterations":([1-9][0-9]{5,7}),"kdf":"pbkdf2-hmac-sha-512","salt":"([A-Za-z0-9+/]{22}==)"\}\n/;
const ITERATIONS = Object.freeze({ least: 100_000, most: 10_000_000 });

// Small files are side by side: they are opened a group of chunks at a time, and a few groups are kept.
const GROUP = 16; // chunks
const KEPT = 16; // groups

/** The archive inside a sealed file. */
export class SealedFile {
  #file;
  #start;
  #opener;
  /** @type {Map<number, Promise<Bytes>>} groups of chunks by number, the newest last */
  #groups = new Map();

  /** @param {Blob} file @param {number} start where the message begins @param {number} size of its plaintext @param {ChunkOpener} opener */
  constructor(file, start, size, opener) {
    this.#file = file;
    this.#start = start;
    this.#opener = opener;
    this.size = size;
  }

  /**
   * @param {Blob} file @param {string} passphrase as it was typed @param {PassphraseWords} words
   * @returns {Promise<SealedFile>}
   * @throws {NotProved} "passphrase" for a wrong one, "incomplete" where the end is missing, "altered", "malformed"
   */
  static async open(file, passphrase, words) {
    const begin = await bytesOf(file, 0, Math.min(file.size, FIRST_LINE.length + LONGEST_SECOND_LINE + HEAD), "the sealed file");
    if (endsInLines(begin)) throw cutOff(file);
    const { start, second, salt, iterations } = parseLines(begin);
    if (file.size < start + HEAD) throw cutOff(file);
    const size = plainLength(file.size - start);
    if (size === null) throw new Malformed("no sealed file has this length: its end is missing, or something was added");
    const head = begin.slice(start, start + HEAD);
    const typed = await crypto.subtle.importKey("raw", words.normalise(passphrase), "PBKDF2", false, ["deriveBits"]);
    const key = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt, iterations }, typed, 256);
    const context = concat(LABEL, await sha256(second));
    const opener = await ChunkOpener.with(await messageKey(await importRoot(new Uint8Array(key)), context, head.slice(0, SALT)));
    if (!opener.opens(head)) throw new NotProved("passphrase", "this is not the passphrase of this package", nameOf(file));
    return new SealedFile(file, start, size, opener);
  }

  /** Where each file is, once the archive is known to end where the file ends. */
  async entries() {
    // The last chunk says that the message ends here.
    await this.#chunks(Math.floor(this.size / CHUNK), 1).catch(async (error) => {
      if (error instanceof ChunkAltered) await this.#checkWhetherCut();
      throw error;
    });
    return this.#archive();
  }

  #archive() {
    return readArchive((offset, length) => this.read(offset, length), this.size);
  }

  /**
   * @param {number} offset in the archive @param {number} length within its size @param {Room} [room] for much
   * @returns {Promise<Bytes>} @throws {NotProved} "altered" where a chunk does not authenticate
   */
  async read(offset, length, room) {
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(offset / CHUNK);
    const last = Math.floor((offset + length - 1) / CHUNK);
    const opened = last - first >= 2 * GROUP
      ? await this.#chunks(first, last - first + 1, room)
      : await this.#fromGroups(first, last).catch((error) => {
          if (!(error instanceof ChunkAltered)) throw error;
          return this.#chunks(first, last - first + 1); // it may be a chunk beside those asked for
        });
    const begins = offset - first * CHUNK;
    return opened.subarray(begins, begins + length);
  }

  /** @param {number} first @param {number} last chunks @returns {Promise<Bytes>} their plaintext */
  async #fromGroups(first, last) {
    const from = Math.floor(first / GROUP);
    const groups = await Promise.all(Array.from({ length: Math.floor(last / GROUP) - from + 1 }, (_, i) => this.#group(from + i)));
    const whole = groups.length === 1 ? groups[0] : concat(...groups);
    return whole.subarray((first - from * GROUP) * CHUNK, (last + 1 - from * GROUP) * CHUNK);
  }

  /** @param {number} number @returns {Promise<Bytes>} */
  #group(number) {
    const known = this.#groups.get(number);
    this.#groups.delete(number);
    const chunks = Math.floor(this.size / CHUNK) + 1;
    const group = known ?? this.#chunks(number * GROUP, Math.min(GROUP, chunks - number * GROUP));
    group.catch(() => {}); // awaited by the caller
    this.#groups.set(number, group);
    for (const old of this.#groups.keys()) {
      if (this.#groups.size <= KEPT) break;
      this.#groups.delete(old);
    }
    return group;
  }

  /** @param {number} first @param {number} count @param {Room} [room] @returns {Promise<Bytes>} the plaintext of these chunks */
  async #chunks(first, count, room) {
    const from = this.#start + HEAD + first * SEALED_CHUNK;
    const length = Math.min(count * SEALED_CHUNK, this.#file.size - from);
    try {
      return await this.#opener.open(first, await bytesOf(this.#file, from, length, "the sealed file", room), room);
    } catch (error) {
      if (!(error instanceof ChunkAltered)) throw error;
      const at = from + (error.chunk - first) * SEALED_CHUNK;
      error.message = error.chunk === Math.floor(this.size / CHUNK)
        ? `the sealed file was altered, cut or extended behind its byte ${at}`
        : `the sealed file was altered between its bytes ${at} and ${at + SEALED_CHUNK}`;
      throw error;
    }
  }

  /** A copy that was broken off is the likeliest reason for a wrong last chunk: then the archive is incomplete. */
  async #checkWhetherCut() {
    try {
      await this.#archive();
    } catch (error) {
      if (error instanceof CutShort) throw cutOff(this.#file);
      if (!(error instanceof NotProved)) throw error;
    }
  }
}

/** @param {Blob} file */
const nameOf = (file) => (file instanceof File ? file.name : null);

/** @param {Blob} file */
const cutOff = (file) => new NotProved("incomplete", "the sealed file is not whole: its end is missing", nameOf(file));

/** Whether the file ends before its two lines do, and has been one so far. @param {Bytes} begin */
function endsInLines(begin) {
  const first = FIRST_LINE.subarray(0, begin.length);
  if (!equal(first, begin.subarray(0, first.length))) return false;
  const second = begin.subarray(FIRST_LINE.length);
  return second.length < LONGEST_SECOND_LINE && !second.includes(10);
}

/** The open lines: what turns a passphrase into a key. @param {Bytes} begin @throws {Malformed} */
function parseLines(begin) {
  const ascii = String.fromCharCode(...begin);
  const first = String.fromCharCode(...FIRST_LINE);
  if (!ascii.startsWith(first)) throw new Malformed("this is no sealed package: it does not begin with the line that every one has");
  const match = SECOND_LINE.exec(ascii.slice(first.length));
  if (!match) throw new Malformed("the second line of the sealed package is not in its form");
  const iterations = Number(match[1]);
  if (iterations < ITERATIONS.least || iterations > ITERATIONS.most) throw new Malformed("a number of iterations that is not allowed");
  const start = first.length + match[0].length;
  return { start, second: begin.slice(first.length, start - 1), salt: fromBase64(match[2]), iterations };
}
