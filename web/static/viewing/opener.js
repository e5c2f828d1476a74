// @ts-check
// Fetches sealed messages and their keys and opens them, a few at a time; nothing leaves unchecked.
//
// Keys are asked for in batches, since each request for keys is an act the server has to look up;
// messages come one by one. What the network did not give (`Unavailable`) is tried again; what fails its
// proof (`NotProved`) never is: asking a second time could only hide the first answer.

import { NotProved, Unavailable } from "../proof/errors.js";
import { openRecord } from "../proof/recording/records.js";
import { pause } from "../page/poll.js";

/** @import { FilmRecord } from "../proof/recording/records.js" */
/**
 * Where a film comes from as sealed messages: an opened viewing, or the live view.
 *
 * @typedef {object} SealedFilm
 * @property {(after: number) => Promise<FilmRecord[]>} records the records from index `after` on
 * @property {(index: number) => Promise<ArrayBuffer>} message one sealed message
 * @property {(indices: number[]) => Promise<Uint8Array[]>} keys their 76-byte keys, in this order
 */
/**
 * Where a film comes from in clear: the files of a court package, whose records have been proved already.
 *
 * @typedef {object} OpenFilm
 * @property {number} from µs at which an excerpt begins, else 0
 * @property {(after: number) => Promise<FilmRecord[]>} records as above; of an excerpt those given, by index
 * @property {(record: FilmRecord) => Promise<Bytes>} content its content, once it was seen to be this record's
 * @property {(listener: (record: FilmRecord, error: NotProved | null) => void) => void} listen reports every record
 *   that has been checked, also of those checked before and by others
 */
/** @typedef {SealedFilm | OpenFilm} Source */

/** @typedef {{resolve: (key: Uint8Array) => void, reject: (error: unknown) => void}} Waiting */

const AT_ONCE = 6;
const KEY_BATCH = 64;
const WAITS = Object.freeze([300, 1000, 3000]);

/**
 * @template T @param {() => Promise<T>} ask @returns {Promise<T>}
 * @throws {Unavailable} after the last try
 */
async function persistently(ask) {
  for (const wait of WAITS) {
    try {
      return await ask();
    } catch (error) {
      // A server that answers in words has made up its mind (the viewing has run out, the vault is locked).
      if (!(error instanceof Unavailable) || error.words) throw error;
      await pause(wait);
    }
  }
  return ask();
}

export class Opener {
  #source;
  #running = 0;
  /** @type {(() => void)[]} */
  #queue = [];
  /** @type {Map<number, Waiting[]>} */
  #wanted = new Map();
  #asking = false;

  /** @param {SealedFilm} source */
  constructor(source) {
    this.#source = source;
  }

  /**
   * @param {FilmRecord} record @returns {Promise<Bytes>} its content, checked as `openRecord` says
   * @throws {NotProved | Unavailable}
   */
  async open(record) {
    const key = this.#key(record.index);
    key.catch(() => {}); // awaited below; a failing message must not leave it unheard
    await this.#turn();
    try {
      const message = await persistently(() => this.#source.message(record.index));
      return await openRecord(record, new Uint8Array(message), new Uint8Array(await key));
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  async #turn() {
    if (this.#running >= AT_ONCE) await new Promise((resolve) => this.#queue.push(() => resolve(undefined)));
    this.#running += 1;
  }

  /** @param {number} index @returns {Promise<Uint8Array>} */
  #key(index) {
    return new Promise((resolve, reject) => {
      const waiting = this.#wanted.get(index) ?? [];
      waiting.push({ resolve, reject });
      this.#wanted.set(index, waiting);
      if (!this.#asking) {
        this.#asking = true;
        setTimeout(() => this.#askForKeys(), 0); // everything wanted in this turn goes into one request
      }
    });
  }

  async #askForKeys() {
    while (this.#wanted.size > 0) {
      const batch = [...this.#wanted].slice(0, KEY_BATCH);
      for (const [index] of batch) this.#wanted.delete(index);
      await this.#deliver(batch);
    }
    this.#asking = false;
  }

  /** @param {[number, Waiting[]][]} batch */
  async #deliver(batch) {
    try {
      const keys = await persistently(() => this.#source.keys(batch.map(([index]) => index)));
      batch.forEach(([index, waiting], i) => {
        const key = keys[i];
        for (const { resolve, reject } of waiting) {
          if (key) resolve(key);
          else reject(new Unavailable("no-key", `no key came for record ${index}`));
        }
      });
    } catch (error) {
      if (batch.length > 1 && error instanceof NotProved) {
        // One message that no copy holds intact must not keep the others' keys from us: find it.
        const middle = batch.length >> 1;
        await this.#deliver(batch.slice(0, middle));
        await this.#deliver(batch.slice(middle));
        return;
      }
      for (const [, waiting] of batch) for (const { reject } of waiting) reject(error);
    }
  }
}
