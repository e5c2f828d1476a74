// @ts-check
// What pages ask of the center's server: answers in words where there are some, and the films of opened viewings.

import { fromBase64 } from "../proof/bytes.js";
import { DirectReads } from "./direct_reads.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { Opener } from "./opener.js";

/** @typedef {import("./opener.js").OpenFilm} OpenFilm */
/** @typedef {import("./opener.js").SealedFilm} SealedFilm */
/** @typedef {import("../proof/recording/records.js").FilmRecord} FilmRecord */

/**
 * @param {string} url @param {RequestInit} [options] @returns {Promise<Response>}
 * @throws {Unavailable} with the server's own words where it gave some @throws {NotProved} "unreadable"
 */
export async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", credentials: "same-origin", ...options });
  } catch {
    throw new Unavailable("network", `${url}: no answer`);
  }
  if (response.ok) return response;
  let said;
  try {
    said = (await response.json()).error;
  } catch {
    said = null;
  }
  // That no copy is intact any more is the server's word, but it is a word about the recording: playing stops
  // there as it does where the browser finds it itself.
  if (said?.code === "nothing-readable") throw new NotProved("unreadable", "no copy is what was sealed");
  const words = said && typeof said.what === "string" ? said : undefined;
  throw new Unavailable(said?.code ?? `http-${response.status}`, `${url}: ${response.status}`, words);
}

/** @param {string} url @param {unknown} body @returns {Promise<any>} */
export async function post(url, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return whole((await ask(url, { method: "POST", headers, body: JSON.stringify(body) })).json());
}

/**
 * An answer whose body came to its end.
 *
 * @template T @param {Promise<T>} body @returns {Promise<T>} @throws {Unavailable}
 */
export async function whole(body) {
  try {
    return await body;
  } catch {
    throw new Unavailable("network", "the answer broke off");
  }
}

/**
 * A source over the addresses of an opened viewing.
 *
 * @param {string} base such as `/viewings/…` @param {readonly FilmRecord[]} records already proved
 * @param {boolean} direct whether a store may give ciphertext directly
 * @returns {SealedFilm}
 */
export function viewingSource(base, records, direct = false) {
  const store = direct ? new DirectReads((indices) => post(`${base}/places`, { indices }), records) : null;
  return {
    records: async (after) => records.slice(after),
    message: async (index) =>
      (await store?.message(index)) ?? whole((await ask(`${base}/messages/${index}`)).arrayBuffer()),
    keys: async (indices) => {
      const { keys } = await post(`${base}/keys`, { indices });
      if (!Array.isArray(keys)) throw new Unavailable("no-key", "no keys came");
      return keys.map(fromBase64);
    },
  };
}

/**
 * A source over what somebody is given of an opened viewing: an excerpt, or what is left where a court has excluded
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
    listen: () => {}, // nobody else checks them
  };
}
