// @ts-check
// What pages ask of the center's server: answers in words where there are some, and the films of opened viewings.

import { fromBase64 } from "../proof/bytes.js";
import { directReads } from "./direct_reads.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { ask as request, json, Refused, whole } from "../page/requests.js";
import { Opener } from "./opener.js";

/** @import { OpenFilm, SealedFilm } from "./opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */

/** @import { Options } from "../page/requests.js" */

const WITHIN = 180_000; // ms: some seconds of a film, or all proofs of a recording, over a slow line

/**
 * @param {string} url @param {Options} [options] @returns {Promise<Response>}
 * @throws {Unavailable} with the server's own words where it gave some @throws {NotProved} "unreadable"
 */
export async function ask(url, options) {
  try {
    return await request(url, { within: WITHIN, ...options });
  } catch (error) {
    // That no copy is intact any more is the server's word, but it is a word about the recording: playing stops
    // there as it does where the browser finds it itself.
    if (error instanceof Refused && error.code === "nothing-readable") throw new NotProved("unreadable", "no copy is what was sealed");
    throw error;
  }
}

/** The JSON of an answer. @param {string} url @param {Options} [options] @returns {Promise<any>} @throws {Unavailable | NotProved} */
export const read = async (url, options) => whole((await ask(url, options)).json());

/** @param {string} url @param {unknown} body @returns {Promise<any>} @throws {Unavailable | NotProved} */
export const post = (url, body) => read(url, json(body, { accept: "application/json" }));

/**
 * A source over the addresses of an opened viewing.
 *
 * @param {string} base such as `/viewings/…` @param {readonly FilmRecord[]} records already proved
 * @param {boolean} direct whether a store may give ciphertext directly
 * @returns {SealedFilm}
 */
export function viewingSource(base, records, direct = false) {
  const store = direct ? directReads((indices) => post(`${base}/places`, { indices }), records) : null;
  return {
    records: async (after) => records.slice(after),
    message: async (index) =>
      (await store?.(index)) ?? whole((await ask(`${base}/messages/${index}`)).arrayBuffer()),
    keys: async (indices) => {
      const { keys } = await post(`${base}/keys`, { indices });
      if (!Array.isArray(keys)) throw new Unavailable("no-key", "no keys came");
      return keys.map(fromBase64);
    },
  };
}

/**
 * A source over what a person is given of an opened viewing: an excerpt, or what is left where a court has excluded
 * something; of the rest the server gives no key.
 *
 * @param {string} base such as `/viewings/…` @param {readonly FilmRecord[]} records its own, already proved
 * @param {readonly FilmRecord[]} [reached] with those that are left out of it by order
 * @returns {OpenFilm}
 */
export function excerptSource(base, records, reached = records) {
  const opener = new Opener(viewingSource(base, records));
  const media = reached.filter(({ kind }) => kind === "media");
  return {
    from: media.reduce((least, { start }) => Math.min(least, start), Infinity),
    records: async (after) => records.slice(after),
    content: (record) => opener.open(record),
    listen: () => {}, // nothing else checks them
  };
}
