// @ts-check
// The contents of one item's records, each checked against its record's leaf: for playing and for the verifier at once.
//
// Playing may begin while the verifier is still hashing. The first of the two that reads a content checks it, and
// reports the result to the other: nothing is hashed a second time only to learn what is known. But what is shown is
// always checked in the very bytes that are shown: a stick can answer the same question twice in two ways.
//
// Trusts: the records, which steps 11 and 12 have proved. Specification: docs/spec/court-package.md.

import { sha256, toHex } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { leafOf } from "../proof/recording/records.js";

/** @import { Opened } from "./layout.js" */
/** @import { OpenFilm } from "../viewing/opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {(record: FilmRecord, error: NotProved | null) => void} Listener */

/** @implements {OpenFilm} */
export class ItemFilm {
  #records;
  #opened;
  #read;
  /** @type {Map<number, string>} index → SHA-256 of the content, proved */
  #proved = new Map();
  /** @type {Map<number, NotProved>} */
  #failed = new Map();
  /** @type {Listener[]} */
  #listeners = [];

  /**
   * @param {readonly FilmRecord[]} records by index @param {ReadonlyMap<number, Opened>} opened by index
   * @param {(file: string, offset: number, length: number) => Promise<Bytes>} read of the item's files
   * @param {(record: FilmRecord) => string} where for people @param {number} from µs
   */
  constructor(records, opened, read, where, from) {
    this.#records = records;
    this.#opened = opened;
    this.#read = read;
    this.where = where;
    this.from = from;
  }

  /** The proved digest of a content. @param {number} index */
  proved(index) {
    return this.#proved.get(index);
  }

  /** Those that are not what was recorded. @returns {FilmRecord[]} */
  get altered() {
    return this.#records.filter(({ index }) => this.#failed.has(index));
  }

  /** Whether a record was checked. @param {number} index */
  knows(index) {
    return this.#proved.has(index) || this.#failed.has(index);
  }

  /** @param {number} after a place among the records, not an index @returns {Promise<FilmRecord[]>} */
  async records(after) {
    return this.#records.slice(after);
  }

  /** @param {FilmRecord} record @returns {Promise<Bytes>} @throws {NotProved} */
  async content(record) {
    const failed = this.#failed.get(record.index);
    if (failed) throw failed;
    const { file, offset, length } = this.#place(record);
    const content = await this.#read(file, offset, length).catch((error) => {
      if (!(error instanceof NotProved)) throw error;
      error.where = this.where(record);
      throw this.#fail(record, error);
    });
    await this.check(record, await sha256(content));
    return content;
  }

  /** The contents of a track of a file, one after the other. @param {number} track @returns {AsyncGenerator<Bytes>} @throws {NotProved} */
  async *pieces(track) {
    for (const record of this.#records) {
      if (record.kind === "piece" && record.track === track) yield await this.content(record);
    }
  }

  /**
   * @param {FilmRecord} record @param {Bytes} digest of its content as it was found @param {string} [why] @param {string} [where]
   * @throws {NotProved} "altered" where it is not this record's
   */
  async check(record, digest, why = "the content is not what was recorded", where = this.where(record)) {
    const plain = toHex(digest);
    if (this.#proved.get(record.index) === plain) return;
    if ((await leafOf(record, this.#place(record).salt, plain)) !== record.leaf) {
      throw this.#fail(record, new NotProved("altered", why, where));
    }
    if (this.knows(record.index)) return;
    this.#proved.set(record.index, plain);
    this.#notify(record, null);
  }

  /** What failed stays failed: a second answer could only hide the first. @param {FilmRecord} record @param {NotProved} error */
  #fail(record, error) {
    const known = this.#failed.get(record.index); // the other one was as fast
    if (known) return known;
    this.#failed.set(record.index, error);
    this.#proved.delete(record.index);
    this.#notify(record, error);
    return error;
  }

  /** @param {Listener} listener */
  listen(listener) {
    this.#listeners.push(listener);
    for (const record of this.#records) {
      const error = this.#failed.get(record.index);
      if (error || this.#proved.has(record.index)) listener(record, error ?? null);
    }
  }

  /** @param {FilmRecord} record @param {NotProved | null} error */
  #notify(record, error) {
    for (const listener of this.#listeners) listener(record, error);
  }

  /** @param {FilmRecord} record @returns {Opened} */
  #place({ index }) {
    return /** @type {Opened} */ (this.#opened.get(index));
  }
}
