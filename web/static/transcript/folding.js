// @ts-check
// Searching as people mean it: letters are found however they were written.
//
// In Arabic: without tashkeel and tatweel, all forms of alef as one, alef maqsura as ya, ta marbuta as ha, hamza with
// its carrier, Persian kaf and ya as the Arabic ones. In every script: without case, without accents, digits as
// digits, any white space as one blank. What is found is given by its place in the unchanged text.

import { latinDigits } from "../proof/digits.js";

/** @type {Record<string, string>} */
const AS = { "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u0629": "\u0647", "\u06a9": "\u0643" };
const MARKS = /[\p{M}\p{Cf}\u0640]/gu; // what is above and below letters, what is not seen, and tatweel

/**
 * A text as it is compared. `places`: of each of its units, its place in the text, and one more for its end.
 *
 * @typedef {{folded: string, places: number[]}} Folded
 */

/** @param {string} text @returns {Folded} */
export function fold(text) {
  let folded = "";
  /** @type {number[]} */
  const places = [];
  let at = 0;
  for (const sign of text) {
    const as = /\s/.test(sign) ? (folded.endsWith(" ") || folded === "" ? "" : " ") : foldSign(sign);
    for (let unit = 0; unit < as.length; unit += 1) places.push(at);
    folded += as;
    at += sign.length;
  }
  places.push(at);
  return { folded, places };
}

/** @param {string} sign @returns {string} */
function foldSign(sign) {
  const bare = sign.normalize("NFKD").replace(MARKS, "").toLowerCase();
  return latinDigits([...bare].map((one) => AS[one] ?? one).join(""));
}

/**
 * Where a text holds what is looked for: from and to, in the unchanged text.
 *
 * @param {Folded} text @param {string} wanted @returns {{from: number, to: number}[]}
 */
export function occurrences({ folded, places }, wanted) {
  const needle = fold(wanted).folded.trim();
  /** @type {{from: number, to: number}[]} */
  const found = [];
  if (needle === "") return found;
  for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + needle.length)) {
    found.push({ from: places[at] ?? 0, to: places[at + needle.length] ?? 0 });
  }
  return found;
}
