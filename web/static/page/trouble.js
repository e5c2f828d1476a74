// @ts-check
// What went wrong, in three sentences: what happened, what it means for the testimony, what to do.

import { NotProved, Unavailable } from "../proof/errors.js";
import { element } from "./elements.js";
import { Refused } from "./requests.js";
import { known, say } from "./words.js";

/** @import { Words } from "./requests.js" */

const PARTS = /** @type {const} */ (["what", "meaning", "todo"]);

/** @param {(part: typeof PARTS[number]) => string} sentence @returns {Words} */
const three = (sentence) => ({ what: sentence("what"), meaning: sentence("meaning"), todo: sentence("todo") });

/** The page's own three sentences of a code. @param {string} code @param {Record<string, unknown>} [values] */
export const wordsOf = (code, values) => three((part) => say(`${code}.${part}`, values));

/** As one paragraph. @param {Words} words */
export const inOne = (words) => PARTS.map((part) => words[part]).join(" ");

/** Writes each into its place. @param {Words} words @param {string} [before] how the ids of the places begin */
export function writeWords(words, before = "trouble-") {
  for (const part of PARTS) element(`${before}${part}`).textContent = words[part];
}

/**
 * Why something could not be had, as one paragraph: in the server's words where it gave some, else in the page's.
 *
 * @param {unknown} error @param {string} [altered] code of what is said where a proof failed @param {string} [trouble] code otherwise
 */
export function troubleText(error, altered = "altered", trouble = "trouble") {
  if (error instanceof Unavailable && error.words) return inOne(error.words);
  return say(error instanceof NotProved ? altered : trouble);
}

/** Shows on a page of the interview what was refused, until it is closed. @param {unknown} error */
export function showRefusal(error) {
  if (error instanceof Refused) showRefusalOf(error.code, error.fields);
  else showRefusalOf("recorder.away");
}

/**
 * The page's own sentences for what was refused, filled in; each that it does not have in the server's words.
 *
 * @param {string} code of a sentence `refused.*` @param {Record<string, string>} [fields] the server's own words @returns {Words}
 */
export const refusedWords = (code, fields = {}) => three((part) => {
  const own = `refused.${code}.${part}`;
  return (known(own) ? say(own, fields) : "") || (fields[part] ?? "");
});

/** @param {string} code of a sentence `refused.*` @param {Record<string, string>} [fields] the server's own words */
export function showRefusalOf(code, fields) {
  writeWords(refusedWords(code, fields), "refused-");
  const panel = element("refused");
  element("refused-close").onclick = () => { panel.hidden = true; };
  panel.hidden = false;
}
