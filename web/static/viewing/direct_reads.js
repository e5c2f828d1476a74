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

/**
 * @param {(indices: number[]) => Promise<{places: (Place | null)[]}>} askPlaces asks the center where messages are
 * @param {readonly FilmRecord[]} records already proved
 * @returns {(index: number) => Promise<ArrayBuffer | null>} reads a message; null where the center has to be asked
 */
export function directReads(askPlaces, records) {
  /** @type {Map<number, {place: Promise<Place | null>, until: number}>} */
  const places = new Map();
  let failures = 0;
  let restsUntil = 0;

  /** @param {number} index @returns {Promise<Place | null>} */
  function placeOf(index) {
    const known = places.get(index);
    if (known && performance.now() < known.until) return known.place;
    const indices = records.slice(index, index + AHEAD).map((_, n) => index + n);
    const answer = askPlaces(indices);
    const until = performance.now() + LASTS;
    indices.forEach((one, n) => {
      const place = answer.then((given) => given.places[n] ?? null);
      place.catch(() => {}); // who asks for it hears of it
      places.set(one, { place, until });
    });
    return /** @type {{place: Promise<Place | null>}} */ (places.get(index)).place;
  }

  return async (index) => {
    if (performance.now() < restsUntil) return null;
    try {
      const place = await placeOf(index);
      if (place === null) return null; // not carried there yet, perhaps
      const message = await read(place);
      if ((await sha256Hex(new Uint8Array(message))) !== records[index]?.cipher) throw new Error("other bytes");
      failures = 0;
      return message;
    } catch {
      failures += 1;
      if (failures >= GIVE_UP) {
        failures = 0;
        restsUntil = performance.now() + REST;
      }
      return null;
    }
  };
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
