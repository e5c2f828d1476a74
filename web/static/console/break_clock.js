// @ts-check
// How long breaks last: the one that continues, with the time at which it began, and those that are over.

import { setOrHide } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, say } from "../page/words.js";

/** @import { Entry } from "./journal.js" */
/** @import { Status } from "../interview/feed.js" */

/**
 * How long a break lasted, in µs; null while it continues.
 *
 * @param {Entry} taken the break @param {Entry[]} entries in the order in which they happened
 */
export function lasted(taken, entries) {
  const over = entries.find((entry) => entry.type === "resume" && entry.at >= taken.at);
  return over ? over.at - taken.at : null;
}

/** The break that continues; undefined: none. @param {Entry[]} entries */
export function running(entries) {
  const newest = entries.findLast((entry) => entry.type === "break");
  return newest && lasted(newest, entries) === null ? newest : undefined;
}

/** @param {Status | null} status @param {number} elapsed µs of the part until now @param {Entry[]} entries */
export function showBreak(status, elapsed, entries) {
  const taken = status?.state === "break" ? running(entries) : undefined;
  if (!taken || !status?.epoch) return setOrHide("break-clock", null);
  const since = clockOf(new Date(Date.parse(status.epoch) + taken.at / 1000));
  setOrHide("break-clock", say("break.clock", { time: timecode(Math.max(0, elapsed - taken.at)), since }));
}
