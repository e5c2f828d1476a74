// @ts-check
// Canonical JSON (RFC 8785) for what statements, records and manifests consist of: objects, lists,
// strings, whole numbers up to 2⁵³−1, true, false, null. What is signed is bytes; reading is allowed
// only where writing again gives the same bytes, so that no second meaning can be hidden in a signed text.

import { equal, text, utf8 } from "./bytes.js";
import { Malformed } from "./errors.js";

const DEEPEST = 200;

/** @param {unknown} value @param {number} [depth] @returns {string} @throws {Malformed} */
function write(value, depth = 0) {
  if (depth > DEEPEST) throw new Malformed(`JSON nested deeper than ${DEEPEST}`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Malformed("a number that is not a whole number below 2⁵³");
    return String(value);
  }
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new Malformed("a string with half a surrogate pair");
    return JSON.stringify(value); // ECMAScript's escaping is the one RFC 8785 prescribes
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)); // by UTF-16 code units
    return `{${members.map(([name, item]) => `${write(name)}:${write(item, depth + 1)}`).join(",")}}`;
  }
  throw new Malformed(`JSON cannot hold a ${typeof value}`);
}

/** @param {unknown} value @returns {Bytes} */
export function canonical(value) {
  return utf8(write(value));
}

/** @param {Bytes} bytes @returns {unknown} @throws {Malformed} where the bytes are not canonical JSON */
export function parseCanonical(bytes) {
  let value;
  try {
    value = JSON.parse(text(bytes));
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed("not JSON");
  }
  if (!equal(canonical(value), bytes)) throw new Malformed("JSON that is not canonical (RFC 8785)");
  return value;
}

/** Whether a value of JSON is an object. @param {unknown} value @returns {value is Record<string, unknown>} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * An object with exactly these keys.
 *
 * @param {unknown} value @param {readonly string[]} keys @param {string} what for the error
 * @returns {Record<string, unknown>}
 */
export function exactly(value, keys, what) {
  if (!isObject(value)) throw new Malformed(`${what} is not an object`);
  const present = Object.keys(value).sort();
  const wanted = [...keys].sort();
  if (present.length !== wanted.length || present.some((key, i) => key !== wanted[i])) {
    throw new Malformed(`${what} has other keys than ${wanted.join(", ")}`);
  }
  return value;
}

/** @param {unknown} value @param {string} what @returns {number} a whole number from 0 */
export function count(value, what) {
  if (!Number.isSafeInteger(value) || /** @type {number} */ (value) < 0 || Object.is(value, -0)) {
    throw new Malformed(`${what} is not a whole number from 0`);
  }
  return /** @type {number} */ (value);
}

/** @param {unknown} value @param {string} what @returns {string} */
export function string(value, what) {
  if (typeof value !== "string") throw new Malformed(`${what} is not text`);
  return value;
}
