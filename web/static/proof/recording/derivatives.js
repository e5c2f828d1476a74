// @ts-check
// What a derivative says of itself: which evidence it was made from, and exactly how.
//
// A derivative is a file that the center made from sealed evidence: never the master, never instead of it. Its
// `derivative.made` names the sources in the open; its recipe lies sealed in the derivative's own tree.
//
// Trusts nothing that is parsed. Specification: docs/spec/manifest.md, section 7.

import { DERIVATIVES, WRITTEN } from "../ledger/types.js";
import { checkSources } from "../ledger/members.js";
import { fromHex } from "../bytes.js";
import { count, exactly, isObject, parseCanonical, string } from "../canonical.js";
import { Malformed } from "../errors.js";

/** Evidence that something was made from; `excerpt` in µs, null for all of it. @typedef {{evidence: string, excerpt: {from: number, to: number} | null, manifest: string}} Source */
/** A file that the program read or wrote. @typedef {{name: string, sha256: string, size: number}} Read */
/**
 * How a derivative was made.
 *
 * @typedef {object} Recipe
 * @property {string} kind @property {Source[]} sources @property {Record<string, unknown>} edits
 * @property {{name: string, sha256: string, version: string} | null} program none where people wrote it @property {string[]} arguments
 * @property {Read[]} inputs @property {Read} output
 */

/** Where the recipe lies in a court package, beside the derivative. */
export const RECIPE_FILE = "recipe.json";
export const LONGEST_RECIPE = 1_000_000;

const KEYS = Object.freeze("arguments edits inputs kind output program sources v".split(" "));
const MOST = 10_000; // inputs, and arguments
const LONGEST_TEXT = 100_000; // characters

/** @param {Bytes} bytes @returns {Recipe} @throws {Malformed} unless they are its only spelling */
export function parseRecipe(bytes) {
  if (bytes.length > LONGEST_RECIPE) throw new Malformed(`a recipe longer than ${LONGEST_RECIPE} bytes`);
  const value = exactly(parseCanonical(bytes), KEYS, "a recipe");
  const { edits, kind } = value;
  if (value.v !== 1) throw new Malformed("a recipe of another version");
  if (!isObject(edits)) throw new Malformed("a recipe without edits");
  if (typeof kind !== "string" || !Object.hasOwn(DERIVATIVES, kind)) throw new Malformed("no kind of derivative");
  checkSources(value.sources);
  if ((value.program === null) !== WRITTEN.includes(kind)) throw new Malformed("a program of what people wrote, or none of anything else");
  if (value.program !== null) checkProgram(value.program);
  for (const one of several(value.arguments, "arguments")) words(one, "an argument", 0);
  for (const one of several(value.inputs, "inputs")) checkRead(one);
  checkRead(value.output);
  return /** @type {Recipe} */ (value);
}

/** @param {unknown} value @param {string} what @returns {unknown[]} */
function several(value, what) {
  if (!Array.isArray(value) || value.length > MOST) throw new Malformed(`a recipe's ${what}: no list, or too long`);
  return value;
}

/** @param {unknown} value */
function checkProgram(value) {
  const program = exactly(value, ["name", "sha256", "version"], "a recipe's program");
  words(program.name, "a program's name");
  words(program.version, "a program's version");
  fromHex(program.sha256, 32);
}

/** @param {unknown} value */
function checkRead(value) {
  const fields = exactly(value, ["name", "sha256", "size"], "a recipe's file");
  words(fields.name, "a file's name");
  count(fields.size, "a file's size");
  fromHex(fields.sha256, 32);
}

/** @param {unknown} value @param {string} what @param {number} [least] characters */
function words(value, what, least = 1) {
  const { length } = [...string(value, what)];
  if (length < least || length > LONGEST_TEXT) throw new Malformed(`${what} of another length`);
}
