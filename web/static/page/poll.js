// @ts-check
// Asking again and again.

import { pause } from "./pause.js";

/**
 * Asks, and asks again so many ms after each answer that was null.
 *
 * @template T @param {number} ms @param {() => Promise<T | null>} ask @returns {Promise<T>} the first answer that is not null
 */
export async function poll(ms, ask) {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await pause(ms);
  }
}
