// @ts-check
// The clock of the reader's place, which a film that is ordered there has in its picture.

/** How far the browser's clock is ahead of UTC at that moment, in minutes. @param {Date} moment */
export const ahead = (moment) => -moment.getTimezoneOffset() || 0;

/** `UTC+02:00`, as the film has it. @param {number} minutes */
export function zone(minutes) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
