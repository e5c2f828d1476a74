// @ts-check
// Covers, silences and cuts as people call them.

import { begin, end } from "./paths.js";
import { exactTime } from "../page/times.js";
import { countText, say, word } from "../page/words.js";

/** @import { Region, Stretch, Stretches } from "./edits.js" */

/** A moment within a sentence: from left to right, whatever is around it. @param {number} at µs */
export const exactly = (at) => `\u2066${exactTime(at)}\u2069`;

/** @param {Region} region @param {number} index its place in the edits */
export function regionName({ shape, cover, picture }, index) {
  const values = { number: countText(index + 1), shape: say(`shape.${shape}`), picture: word("track", picture) };
  return say(`covered.${cover}`, values);
}

/** @param {Region} region */
export const regionTimes = ({ path }) => say("from-to", { from: exactly(begin(path)), to: exactly(end(path)) });

/** @param {Stretches} kind @param {number} index its place in the edits */
export const stretchName = (kind, index) => say(`${kind}.name`, { number: countText(index + 1) });

/** @param {Stretch} stretch */
export const stretchTimes = ({ from, to }) => say("from-to", { from: exactly(from), to: exactly(to) });

/**
 * A sentence whose values are moments, counts or words.
 *
 * @param {string} code @param {Record<string, unknown>} values
 */
export function sentence(code, values) {
  const shown = Object.entries(values).map(([name, value]) => {
    const isMoment = typeof value === "number" && ["at", "from", "to"].includes(name);
    return [name, isMoment ? exactly(/** @type {number} */ (value)) : typeof value === "number" && name !== "n" ? countText(value) : value];
  });
  return say(code, Object.fromEntries(shown));
}
