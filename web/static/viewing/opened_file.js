// @ts-check
// One photograph, document or working copy that was opened on its page: its contents, each held against its record.

import { concat, fromBase64, text } from "../proof/bytes.js";
import { checkRecord, openRecord } from "../proof/recording/records.js";
import { whole } from "../page/requests.js";
import { ask, post, viewingSource } from "./server.js";

/** @import { SealedFilm } from "./opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */

const TOGETHER = 100; // keys in one request; the server gives at most 500

/** A picture as an address that an image can have. @param {BlobPart} bytes a JPEG @returns {Promise<string>} */
export function pictureAddress(bytes) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(/** @type {string} */ (reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes], { type: "image/jpeg" }));
  });
}

export class Opened {
  /** Opens one, which is stated. @param {string | undefined} evidence @param {string} purpose @returns {Promise<Opened>} */
  static async open(evidence, purpose) {
    const { viewing, records } = await post(`/evidence/${evidence}/viewings`, { purpose });
    return new Opened(`/viewings/${viewing}`, records.map(checkRecord));
  }

  /** @param {string} base such as `/viewings/…` @param {FilmRecord[]} records */
  constructor(base, records) {
    this.#base = base;
    this.records = records;
  }

  #base;

  /** Where its pieces come from one at a time, as they are wanted. @returns {SealedFilm} */
  source() {
    return viewingSource(this.#base, this.records);
  }

  /** @param {readonly FilmRecord[]} records @returns {AsyncGenerator<Bytes>} their contents, one by one */
  async *pieces(records) {
    for (let from = 0; from < records.length; from += TOGETHER) {
      const some = records.slice(from, from + TOGETHER);
      const { keys } = await post(`${this.#base}/keys`, { indices: some.map(({ index }) => index) });
      for (const [at, record] of some.entries()) {
        const message = await whole((await ask(`${this.#base}/messages/${record.index}`)).arrayBuffer());
        yield openRecord(record, new Uint8Array(message), fromBase64(keys[at]));
      }
    }
  }

  /** @param {readonly FilmRecord[]} records @returns {Promise<Bytes>} their contents, one after the other */
  async content(records) {
    /** @type {Bytes[]} */
    const contents = [];
    for await (const piece of this.pieces(records)) contents.push(piece);
    return concat(...contents);
  }

  /** What the file says of itself. @returns {Promise<any>} */
  async description() {
    return JSON.parse(text(await this.content(this.records.filter(({ kind }) => kind === "event"))));
  }

  /** @param {number} number */
  track(number) {
    return this.records.filter(({ kind, track }) => kind === "piece" && track === number);
  }
}
