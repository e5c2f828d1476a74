// @ts-check
// The path of a covered region: where it is at its keys, and between them. Whole numbers only, so that page and
// program mean the same pixel.
//
// A key says where the box is at one moment, in ten-thousandths of the width and height of a 16:9 frame in which the
// camera's whole picture is. Between two keys it goes in a straight line; before the first and after the last
// there is nothing. Pure: nothing here knows of a page, and no path is ever changed in place.

import { Unfit } from "./rules.js";

/** Ten-thousandths of the frame. @typedef {{x: number, y: number, width: number, height: number}} Box */
/** `at`: µs of the part's timeline. @typedef {Box & {at: number}} Key */
/** Two keys or more, strictly ascending. @typedef {readonly Key[]} Path */

export const WHOLE = 10_000;
export const MOST_KEYS = 500;
export const SAME = 20_000; // µs; a key this close to a moment is that moment's: less than a picture lasts

/**
 * Where the box is at a moment; null where there is none.
 *
 * @param {Path} path @param {number} at @returns {Box | null}
 */
export function boxAt(path, at) {
  const after = path.findIndex((key) => key.at >= at);
  const b = path[after];
  if (!b) return null;
  if (b.at === at) return boxOf(b);
  const a = path[after - 1];
  if (!a) return null;
  const [over, length] = [at - a.at, b.at - a.at];
  const line = (/** @type {keyof Box} */ of) => halfUp(a[of] * length + (b[of] - a[of]) * over, length);
  return { x: line("x"), y: line("y"), width: line("width"), height: line("height") };
}

/** Where it is, or where it would be if it stayed as it is first or last. @param {Path} path @param {number} at @returns {Box} */
export function heldAt(path, at) {
  const end = /** @type {Key} */ (at < begin(path) ? path[0] : path.at(-1));
  return boxAt(path, at) ?? boxOf(end);
}

/** @param {Path} path */
export const begin = (path) => /** @type {Key} */ (path[0]).at;

/** @param {Path} path */
export const end = (path) => /** @type {Key} */ (path.at(-1)).at;

/** The key that is meant by a moment. @param {Path} path @param {number} at @returns {Key | null} */
export function keyAt(path, at) {
  const near = path.filter((key) => Math.abs(key.at - at) < SAME);
  return near.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0] ?? null;
}

/**
 * A path with a key at this moment. A box that did not move until its end still does not, where it is put
 * now: otherwise it would creep back to where it once ended, and off what it covers.
 *
 * @param {Path} path @param {number} at @param {Box} box @returns {Path} @throws {Unfit} "keys"
 */
export function setKey(path, at, box) {
  const there = keyAt(path, at);
  const moment = there?.at ?? at;
  const [before, last] = /** @type {[Key, Key]} */ (path.slice(-2));
  const rests = sameBox(before, last) && before.at <= moment && moment < last.at;
  const others = path.filter((key) => key !== there && !(rests && key === last));
  const added = [...others, { at: moment, ...fit(box) }, ...(rests ? [{ at: last.at, ...fit(box) }] : [])];
  if (added.length > MOST_KEYS) throw new Unfit("keys", { n: MOST_KEYS });
  return added.sort((a, b) => a.at - b.at);
}

/** @param {Path} path @param {number} at @returns {Path} without the key at this moment @throws {Unfit} */
export function removeKey(path, at) {
  const there = keyAt(path, at);
  if (!there) throw new Unfit("no-key");
  if (path.length <= 2) throw new Unfit("two-keys");
  return path.filter((key) => key !== there);
}

/** @param {Path} path @param {number} at @returns {Path} that begins at this moment @throws {Unfit} "nothing-left" */
export function beginAt(path, at) {
  if (at >= end(path)) throw new Unfit("nothing-left");
  return [{ at, ...heldAt(path, at) }, ...path.filter((key) => key.at > at)];
}

/** @param {Path} path @param {number} at @returns {Path} that ends at this moment @throws {Unfit} "nothing-left" */
export function endAt(path, at) {
  if (at <= begin(path)) throw new Unfit("nothing-left");
  return [...path.filter((key) => key.at < at), { at, ...heldAt(path, at) }];
}

/** The box, in whole numbers and inside the frame. @param {Box} box @returns {Box} */
export function fit({ x, y, width, height }) {
  const within = (/** @type {number} */ n, /** @type {number} */ low, /** @type {number} */ high) =>
    Math.min(high, Math.max(low, Math.round(n)));
  const [wide, high] = [within(width, 1, WHOLE), within(height, 1, WHOLE)];
  return { x: within(x, 0, WHOLE - wide), y: within(y, 0, WHOLE - high), width: wide, height: high };
}

/** The box between two corners, whichever they are. @param {{x: number, y: number}} one @param {{x: number, y: number}} other @returns {Box} */
export function between(one, other) {
  const inside = (/** @type {number} */ n) => Math.min(WHOLE, Math.max(0, n));
  const [left, right] = [inside(Math.min(one.x, other.x)), inside(Math.max(one.x, other.x))];
  const [top, bottom] = [inside(Math.min(one.y, other.y)), inside(Math.max(one.y, other.y))];
  return fit({ x: left, y: top, width: right - left, height: bottom - top });
}

/** @param {Box} a @param {Box} b */
const sameBox = (a, b) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

/** Whether it is at the same moments in the same places. @param {Path} one @param {Path} other */
export const samePath = (one, other) =>
  one.length === other.length && one.every((key, i) => key.at === other[i]?.at && sameBox(key, /** @type {Key} */ (other[i])));

/** @param {Box} box @returns {Box} */
function boxOf({ x, y, width, height }) {
  return { x, y, width, height };
}

/**
 * A fraction, rounded to the nearest whole number, and up from the middle. Exact: an hour in µs times ten thousand
 * is far below 2⁵³.
 *
 * @param {number} over not negative @param {number} under positive
 */
function halfUp(over, under) {
  const [twice, whole] = [2 * over + under, 2 * under];
  return (twice - (twice % whole)) / whole;
}
