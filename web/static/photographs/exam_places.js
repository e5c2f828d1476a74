// @ts-check
// The places of a guided set, each for a picture of one view: which there are, which comes next, which are still empty.

import { say } from "../page/words.js";

/**
 * x and y in thousandths; `agreed`: she was asked about its intimate pictures in particular, and agreed; `removed`: why it
 * was removed, empty where it was not
 *
 * @typedef {{side: string, region: string, x: number, y: number, term: string, words: string, intimate: boolean, agreed: boolean, removed: string, size: string}} Injury
 */
/** `injury`: its number, from 1; null for the picture of the person. @typedef {{injury: number | null, view: string}} Place */

/** Of each injury, in the order in which they are taken. */
export const VIEWS = Object.freeze(["orientation", "mid-range", "close-up", "close-up-scale", "colour-card"]);
/** Of the person. */
export const IDENTIFYING = "identifying";

/** @param {Place} place @returns {string} one for each */
export const keyOf = ({ injury, view }) => `${injury ?? ""}/${view}`;

/** Has a value in a set, or not. @template T @param {Set<T>} set @param {T} value @param {boolean} there */
export function put(set, value, there) {
  if (there) set.add(value);
  else set.delete(value);
}

/** @param {Place} place */
export function placeName({ injury, view }) {
  const name = say(`view.${view}`);
  return injury === null ? name : `${say("pin", { number: injury })}${say("comma")}${name}`;
}

/** The next one of the same injury that is empty. @param {Place} place @param {(place: Place) => boolean} isEmpty @returns {Place | null} */
export function nextOf({ injury, view }, isEmpty) {
  if (injury === null) return null;
  const after = VIEWS.slice(VIEWS.indexOf(view) + 1).map((one) => ({ injury, view: one }));
  return after.find(isEmpty) ?? null;
}

/**
 * What is still missing, in words.
 *
 * @param {number} count of injuries @param {readonly Injury[]} injuries as far as they can be read
 * @param {ReadonlyMap<string, number[]>} filled numbers of the photographs in a place
 * @returns {string[]}
 */
export function missing(count, injuries, filled) {
  const lacking = filled.has(keyOf({ injury: null, view: IDENTIFYING })) ? [] : [say(`view.${IDENTIFYING}`)];
  for (let injury = 1; injury <= count; injury += 1) {
    if (injuries[injury - 1]?.removed) continue;
    const views = VIEWS.filter((view) => !filled.has(keyOf({ injury, view }))).map((view) => say(`view.${view}`));
    if (injuries[injury - 1]?.term === "") views.unshift(say("term"));
    if (views.length) lacking.push(say("missing.injury", { number: injury, what: views.join(say("comma")) }));
  }
  return lacking;
}
