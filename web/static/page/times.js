// @ts-check
// Times of a recording as people read and type them where a tenth of a second counts. Pure.

const SECOND = 1_000_000; // µs
const TYPED = /^(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?$/;

/** µs as 00:12:31.25: hours, minutes, seconds, hundredths, rounded down. @param {number} at */
export function exactTime(at) {
  const hundredths = Math.max(0, Math.floor(at / 10_000));
  const two = (/** @type {number} */ n) => String(n % 100).padStart(2, "0");
  const seconds = Math.floor(hundredths / 100);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${two(hundredths)}`;
}

/** Such a time, or 12:31, or 12:31.5, in µs; null where it is none. @param {string} text @returns {number | null} */
export function readTime(text) {
  const found = TYPED.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes = "0", seconds = "0", part = ""] = found;
  if (Number(seconds) > 59 || (found[1] !== undefined && Number(minutes) > 59)) return null;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND + Number(part.padEnd(3, "0")) * 1000;
}
