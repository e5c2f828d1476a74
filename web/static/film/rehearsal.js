// @ts-check
// Tries a list of clips before a hearing: the first seconds of each are played, and what came of it is noted.

import { SECOND } from "../page/times.js";

/** @import { Film } from "./film.js" */
/** @import { Span } from "./timeline.js" */
/**
 * What came of one clip. `waited`: ms until it began, its first picture already there; `lost`: pictures that the browser
 * did not show, of `all`.
 *
 * @typedef {{outcome: "played" | "muted" | "altered" | "away" | "unplayable" | "unhearable" | "left" | "late", waited: number, lost: number, all: number}} Tried
 */

const FIRST = 10 * SECOND; // of each clip
const GIVE_UP = 60_000; // ms

/** @type {readonly (readonly [string, Tried["outcome"]])[]} what the film says, and what that means */
const ENDS = [["reached", "played"], ["stopped", "altered"], ["unavailable", "away"], ["unplayable", "unplayable"], ["unhearable", "unhearable"], ["left", "left"], ["closed", "left"]];

/**
 * Plays the first ten seconds of a clip.
 *
 * @param {Film} film open @param {Span} clip of it @param {AbortSignal} ends it early @returns {Promise<Tried>}
 */
export async function tried(film, { from, to }, ends) {
  const before = film.pictures;
  const begun = performance.now();
  const over = new AbortController();
  const { signal } = over;
  let waited = 0;
  film.addEventListener("play", () => (waited ||= performance.now() - begun), { signal });
  const outcome = await new Promise((resolve) => {
    film.playClip({ from, to: Math.min(to, from + FIRST) });
    for (const [type, meaning] of ENDS) film.addEventListener(type, () => resolve(meaning), { signal });
    film.addEventListener("pause", () => setTimeout(() => resolve("left")), { signal }); // unless it says why at once
    ends.addEventListener("abort", () => resolve("left"), { signal });
    const timer = setTimeout(() => resolve("late"), GIVE_UP);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
  over.abort();
  const after = film.pictures;
  return { outcome: film.muted && outcome === "played" ? "muted" : outcome, waited, lost: after.lost - before.lost, all: after.all - before.all };
}
