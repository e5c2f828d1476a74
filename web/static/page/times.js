// @ts-check
// Times of a recording as people read and type them. Pure.

export const SECOND = 1_000_000; // µs
const TYPED = /^(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?$/;
const WHOLE = /^(?:\d{1,2}:)?\d{1,2}:\d\d$/;

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");

/** @param {number} seconds whole ones */
const clock = (seconds) => `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

/** µs as 00:12:31, rounded down to the second. @param {number} at */
export const timecode = (at) => clock(Math.max(0, Math.floor(at / SECOND)));

/** µs as 00:12:31.25: hours, minutes, seconds, hundredths, rounded down. @param {number} at */
export function exactTime(at) {
  const hundredths = Math.max(0, Math.floor(at / 10_000));
  return `${clock(Math.floor(hundredths / 100))}.${two(hundredths % 100)}`;
}

/** Such a time, or 12:31, or 12:31.5, in µs; null where it is none. @param {string} text @returns {number | null} */
export function readTime(text) {
  const found = TYPED.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes = "0", seconds = "0", part = ""] = found;
  if (Number(seconds) > 59 || (found[1] !== undefined && Number(minutes) > 59)) return null;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND + Number(part.padEnd(3, "0")) * 1000;
}

/**
 * A time as it is typed into the order of a film or package, in µs: 1:02:03 or 02:03, and no part of a second; null
 * where it is none. More than 59 minutes or seconds count on.
 *
 * @param {string} text @returns {number | null}
 */
export function readWholeTime(text) {
  if (!WHOLE.test(text.trim())) return null;
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * SECOND;
}

/** How far the browser's clock is ahead of UTC at that moment, in minutes. @param {Date} moment */
export const ahead = (moment) => -moment.getTimezoneOffset() || 0;

/**
 * Date and time where clocks are so many minutes ahead of UTC, as pages show them: YYYY-MM-DD hh:mm:ss.
 *
 * @param {Date} moment @param {number} minutes
 */
export const localTime = (moment, minutes) =>
  new Date(moment.getTime() + minutes * 60_000).toISOString().slice(0, 19).replace("T", " ");

/** A distance from UTC in minutes as a film that is ordered has it in its picture: `UTC+02:00`. @param {number} minutes */
export function zone(minutes) {
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
