// @ts-check
// Requests that change something. Each carries a number of its own, made here: sent again after a cut, it is
// carried out once and answered with the first answer.

import { pause } from "./pause.js";

/** The server understood and said no; `code` names why (see the page's sentences under `refused.`). */
export class Refused extends Error {
  /** @param {string} code @param {Record<string, string>} told */
  constructor(code, told) {
    super(told.what ?? code);
    this.code = code;
    this.told = told;
  }
}

/** The server could not be reached, or answered nothing that makes sense. */
export class Unreachable extends Error {}

/** 128 random bits as 32 hex digits. */
export function requestNumber() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TIMEOUT = 8_000; // ms for one attempt

/** @param {string} url @param {RequestInit} init @returns {Promise<any>} */
async function once(url, init) {
  let response;
  try {
    response = await fetch(url, { ...init, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  if (body?.error?.code) throw new Refused(body.error.code, body.error);
  throw new Unreachable(`answer ${response.status}`);
}

/** @param {string} url @returns {Promise<any>} */
export const read = (url) => once(url, {});

/**
 * Ask for a change. An unreachable server is asked again with the same number.
 * @param {string} url @param {Record<string, unknown>} body @param {number} [attempts]
 * @param {string} [request] its number, where it is asked again later
 * @returns {Promise<any>}
 * @throws {Refused | Unreachable}
 */
export async function change(url, body, attempts = 3, request = requestNumber()) {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, request }),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(url, init);
    } catch (error) {
      if (error instanceof Refused || attempt >= attempts) throw error;
      await pause(500 * attempt);
    }
  }
}
