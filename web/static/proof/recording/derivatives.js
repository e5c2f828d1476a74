// @ts-check
// What a derivative says of itself: which evidence it was made from, and exactly how.
//
// A derivative is a file that the center made from sealed evidence: never the master, never instead of it. Its
// `derivative.made` names the sources in the open; its recipe is sealed in the derivative's own tree.
//
// Trusts nothing that is parsed. Specification: docs/spec/manifest.md, section 7.

import { DERIVATIVES, WRITTEN } from "../ledger/types.js";
import { anyObject, digest, fromZero, listOf, members, objectOf, oneOf, orNull, sources, textOf } from "../ledger/members.js";
import { parseCanonical } from "../canonical.js";
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

/** Where the recipe is in a court package, beside the derivative. */
export const RECIPE_FILE = "recipe.json";
export const LONGEST_RECIPE = 1_000_000;

const MOST = 10_000; // inputs, and arguments
const LONGEST_TEXT = 100_000; // characters
const FILE = objectOf({ name: textOf(1, LONGEST_TEXT), sha256: digest, size: fromZero });
const RECIPE = {
  arguments: listOf(textOf(0, LONGEST_TEXT), 0, MOST),
  edits: anyObject,
  inputs: listOf(FILE, 0, MOST),
  kind: oneOf(...Object.keys(DERIVATIVES)),
  output: FILE,
  program: orNull(objectOf({ name: textOf(1, LONGEST_TEXT), sha256: digest, version: textOf(1, LONGEST_TEXT) })),
  sources,
  v: oneOf(1),
};

/** @param {Bytes} bytes @returns {Recipe} @throws {Malformed} unless they are its only spelling */
export function parseRecipe(bytes) {
  if (bytes.length > LONGEST_RECIPE) throw new Malformed(`a recipe longer than ${LONGEST_RECIPE} bytes`);
  const recipe = /** @type {Recipe} */ (members(parseCanonical(bytes), RECIPE, "a recipe"));
  if ((recipe.program === null) !== WRITTEN.includes(recipe.kind)) throw new Malformed("a program of what people wrote, or none of anything else");
  return recipe;
}
