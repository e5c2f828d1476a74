// @ts-check
// An address from which a media element plays a film while its pieces are fetched: each is checked before a byte of it is played.
//
// The element's requests reach this page through a service worker (film_worker.js). Where a browser has none (a private window
// of Firefox, a connection that is not secure), there is no such address, and a film is fetched whole before it is played.

import { NotProved } from "../proof/errors.js";
import { contentLength } from "../proof/recording/records.js";

/** @import { FilmRecord } from "../proof/recording/records.js" */
/** What the worker passes on: bytes of a film of `size` bytes. @typedef {{bytes: Bytes, size: number, type: string}} Part */

const SCOPE = "/derivatives/";
const WITHIN = 5_000; // ms in which a worker begins its work, on a slow machine
const AHEAD = 2; // pieces that are fetched before they are asked for

/** The pieces of a film, by their place in it; those that are played now are in memory, and the next ones. */
export class FilmPieces {
  #records;
  #open;
  /** Where each piece begins, and where the last one ends. */
  #begins;
  /** @type {Map<number, Promise<Bytes>>} */
  #near = new Map();

  /**
   * @param {readonly FilmRecord[]} records of the pieces, in order @param {number} size bytes that the film is said to have
   * @param {(record: FilmRecord) => Promise<Bytes>} open gives the checked content
   * @throws {NotProved} "incomplete"
   */
  constructor(records, size, open) {
    this.#records = records;
    this.#open = open;
    this.#begins = [0];
    for (const record of records) this.#begins.push((this.#begins.at(-1) ?? 0) + contentLength(record));
    if (this.size !== size) throw new NotProved("incomplete", "the film is longer or shorter than was sealed");
  }

  get size() {
    return this.#begins.at(-1) ?? 0;
  }

  /**
   * The bytes from one place on, to the end of their piece.
   *
   * @param {number} from @returns {Promise<Bytes>} @throws {RangeError} where there are none @throws {NotProved | Unavailable}
   */
  async read(from) {
    const at = this.#begins.findLastIndex((begin) => begin <= from);
    if (at < 0 || at >= this.#records.length) throw new RangeError(`no byte ${from} of ${this.size}`);
    for (const kept of this.#near.keys()) if (kept < at || kept > at + AHEAD) this.#near.delete(kept);
    for (let next = at; next <= at + AHEAD && next < this.#records.length; next += 1) this.#fetch(next);
    return (await this.#fetch(at)).subarray(from - this.#begins[at]);
  }

  /** @param {number} at */
  #fetch(at) {
    const known = this.#near.get(at);
    if (known) return known;
    const piece = this.#open(this.#records[at]);
    this.#near.set(at, piece);
    piece.catch(() => this.#near.delete(at)); // asked for anew by the next who reads it, who is told what failed
    return piece;
  }
}

/**
 * @param {FilmPieces} pieces @param {string} id of the film @param {string} type its media type
 * @param {(error: unknown) => void} failed receives what kept a piece from being played
 * @returns {Promise<string | null>} null where this browser gives the page no worker
 */
export async function filmAddress(pieces, id, type, failed) {
  if (!(await startWorker())) return null;
  const address = new URL(`${SCOPE}${id}/film`, location.href).href;
  navigator.serviceWorker.onmessage = async ({ data, ports: [port] }) => { // one film at a time
    if (data.film !== address) {
      port.postMessage(null);
      return;
    }
    try {
      port.postMessage({ bytes: await pieces.read(data.from), size: pieces.size, type });
    } catch (error) {
      port.postMessage(null);
      if (!(error instanceof RangeError)) failed(error);
    }
  };
  return address;
}

/** Whether the page has its worker, of this version. @returns {Promise<boolean>} */
async function startWorker() {
  const workers = navigator.serviceWorker; // none where the connection is not secure
  if (!workers) return false;
  const script = new URL("./film_worker.js", import.meta.url).href;
  const ours = () => workers.controller?.scriptURL === script;
  try {
    await workers.register(script, { scope: SCOPE });
  } catch {
    return false; // forbidden by the browser's settings
  }
  if (ours()) return true;
  return new Promise((resolve) => {
    workers.addEventListener("controllerchange", () => ours() && resolve(true));
    setTimeout(() => resolve(ours()), WITHIN);
  });
}
