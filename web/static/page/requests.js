// @ts-check
// What a page asks of the center's server, and what can come of it instead of an answer:
//
//   Unavailable        nothing was learned (proof/errors.js)
//   ├── Refused        the server understood and said no, as a rule in words
//   └── Unreachable    no answer, or one that was cut off, came too late or makes no sense: whether what was asked for
//                      was done is not known
//
// Every request ends within a time. A change can carry a number of its own, made here: sent again after a cut, it is
// carried out once and answered with the first answer.

import { toHex } from "../proof/bytes.js";
import { Unavailable } from "../proof/errors.js";
import { pause } from "./poll.js";

/** @typedef {{what: string, meaning: string, todo: string}} Words */
/** `within`: ms until the whole answer is there. @typedef {RequestInit & {within?: number}} Options */

export class Refused extends Unavailable {
  /** @param {Record<string, string>} fields the server's error as it came: its `code`, and words @param {number} status */
  constructor(fields, status) {
    const words = typeof fields.what === "string" ? /** @type {Words} */ (/** @type {unknown} */ (fields)) : undefined;
    super(fields.code ?? "", fields.what ?? `${fields.code}`, words);
    this.name = "Refused";
    this.fields = fields;
    this.status = status;
  }
}

export class Unreachable extends Unavailable {
  /** @param {string} message for an expert @param {string} [code] */
  constructor(message, code = "network") {
    super(code, message);
    this.name = "Unreachable";
  }
}

const WITHIN = 60_000; // ms
export const AT_ONCE = 8_000; // ms, in an interview: what is shown there is true now, or it is said that it may not be
const AGAIN = 500; // ms before the second attempt at a change; each further one waits longer

/** 128 random bits as 32 hex digits. */
export const requestNumber = () => toHex(crypto.getRandomValues(new Uint8Array(16)));

/** @param {string} url @param {Options} [options] @returns {Promise<Response>} @throws {Refused | Unreachable} */
export async function ask(url, { within = WITHIN, ...init } = {}) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", ...init, signal: AbortSignal.timeout(within) });
  } catch (error) {
    throw new Unreachable(`${url}: ${error}`);
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  if (typeof answer?.error?.code === "string") throw new Refused(answer.error, response.status);
  throw new Unreachable(`${url}: answered with ${response.status}`, `http-${response.status}`);
}

/**
 * An answer whose body came to its end.
 *
 * @template T @param {Promise<T>} body @returns {Promise<T>} @throws {Unreachable}
 */
export async function whole(body) {
  try {
    return await body;
  } catch (error) {
    throw new Unreachable(`the answer broke off: ${error}`);
  }
}

/** The JSON of an answer. @param {string} url @param {Options} [options] @returns {Promise<any>} @throws {Refused | Unreachable} */
export async function read(url, options) {
  const answer = await whole((await ask(url, options)).json());
  if (answer === null) throw new Unreachable(`${url}: an empty answer`);
  return answer;
}

/** A request that sends JSON. @param {unknown} body @param {Record<string, string>} [headers] @returns {Options} */
export const json = (body, headers = {}) => ({
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** @param {string} url @param {unknown} body @param {Options} [options] @returns {Promise<any>} @throws {Refused | Unreachable} */
export const post = (url, body, options) => read(url, { ...json(body, { accept: "application/json" }), ...options });

/**
 * Ask for a change that has a number. An unreachable server is asked again with the same number.
 *
 * @param {string} url @param {Record<string, unknown>} body @param {number} [attempts]
 * @param {string} [request] its number, where it is asked again later
 * @returns {Promise<any>} @throws {Refused | Unreachable}
 */
export async function change(url, body, attempts = 3, request = requestNumber()) {
  const options = { ...json({ ...body, request }), within: AT_ONCE };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read(url, options);
    } catch (error) {
      if (!(error instanceof Unreachable) || attempt >= attempts) throw error;
      await pause(AGAIN * attempt);
    }
  }
}
