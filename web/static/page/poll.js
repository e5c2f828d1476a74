// @ts-check
// Waiting for a while, and asking again and again.

/** @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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
