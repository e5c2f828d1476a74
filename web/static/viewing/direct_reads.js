// @ts-check
// Sealed messages straight from an object store, by addresses that the center signs for some minutes.
//
// The store is believed nothing: a message counts only with the digest that the proved index names. Whatever goes
// wrong there (away, refused, other bytes) is no finding here, since other copies may be right: the center is asked.

import { ask } from "../page/requests.js";
import { sha256Hex } from "../proof/bytes.js";

/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {{url: string, start: number, size: number}} Place */

const AHEAD = 60; // records whose places are asked for at once
const LASTS = 240_000; // ms that a place is used; it works for five minutes
const GIVE_UP = 3; // failures in a row after which the store is left alone …
const REST = 60_000; // … for so many ms
const ANSWER_WITHIN = 8_000; // ms

export class DirectReads {
  #ask;
  #records;
  /** @type {Map<number, {place: Promise<Place | null>, until: number}>} */
  #places = new Map();
  #failures = 0;
  #restsUntil = 0;

  /**
   * @param {(indices: number[]) => Promise<{places: (Place | null)[]}>} ask the center where messages lie
   * @param {readonly FilmRecord[]} records already proved
   */
  constructor(ask, records) {
    this.#ask = ask;
    this.#records = records;
  }

  /** @param {number} index @returns {Promise<ArrayBuffer | null>} null where the center has to be asked */
  async message(index) {
    if (performance.now() < this.#restsUntil) return null;
    try {
      const place = await this.#place(index);
      if (place === null) return null; // not carried there yet, perhaps
      const message = await read(place);
      if ((await sha256Hex(new Uint8Array(message))) !== this.#records[index]?.cipher) throw new Error("other bytes");
      this.#failures = 0;
      return message;
    } catch {
      this.#failures += 1;
      if (this.#failures >= GIVE_UP) {
        this.#failures = 0;
        this.#restsUntil = performance.now() + REST;
      }
      return null;
    }
  }

  /** @param {number} index @returns {Promise<Place | null>} */
  #place(index) {
    const known = this.#places.get(index);
    if (known && performance.now() < known.until) return known.place;
    const last = Math.min(index + AHEAD, this.#records.length);
    const indices = Array.from({ length: last - index }, (_, n) => index + n);
    const answer = this.#ask(indices);
    const until = performance.now() + LASTS;
    indices.forEach((one, n) => {
      const place = answer.then(({ places }) => places[n] ?? null);
      place.catch(() => {}); // who asks for it hears of it
      this.#places.set(one, { place, until });
    });
    return /** @type {{place: Promise<Place | null>}} */ (this.#places.get(index)).place;
  }
}

/** @param {Place} place @returns {Promise<ArrayBuffer>} */
async function read({ url, start, size }) {
  const answer = await ask(url, {
    headers: { Range: `bytes=${start}-${start + size - 1}` },
    credentials: "omit",
    referrerPolicy: "no-referrer",
    within: ANSWER_WITHIN,
  });
  if (answer.status !== 206) throw new Error(`answered with ${answer.status}`);
  return answer.arrayBuffer();
}
