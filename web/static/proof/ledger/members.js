// @ts-check
// What the members of statements' bodies can be, each a check that refuses everything else.

import { fromBase64, fromHex, text } from "../bytes.js";
import { canonical, count, exactly } from "../canonical.js";
import { ed25519Key } from "../ed25519.js";
import { Malformed } from "../errors.js";

/** @typedef {(value: unknown) => void} Check */

const LONGEST_CREDENTIAL_KEY = 2048;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A word for programs: never free text. @param {unknown} value @param {string} what @returns {string} */
export function code(value, what) {
  if (typeof value !== "string" || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(value)) throw new Malformed(`${what} is not a code`);
  return value;
}

/**
 * A time like 2026-11-24T20:15:03.120Z, existing in the calendar.
 *
 * @param {unknown} value @param {string} what @returns {string}
 */
export function instant(value, what) {
  // Date.parse moves days that are not in the calendar into the next month; written again, they differ.
  const at = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString() !== value || value.startsWith("0000")) {
    throw new Malformed(`${what} is not a time`);
  }
  return value;
}

/** @type {Check} */
export const digest = (value) => void fromHex(value, 32);
/** @type {Check} */
export const aCode = (value) => void code(value, "a word in a statement's body");
/** @type {Check} */
export const fromOne = (value) => {
  if (count(value, "a number in a statement's body") < 1) throw new Malformed("a number in a statement's body is 0");
};
/** @type {Check} */
export const fromZero = (value) => void count(value, "a number in a statement's body");
/** @type {Check} */
export const publicKey = (value) => void ed25519Key(fromBase64(value));
/** @type {Check} */
export const yesOrNo = (value) => {
  if (typeof value !== "boolean") throw new Malformed("neither true nor false");
};
/** @type {Check} */
export const isTrue = (value) => {
  if (value !== true) throw new Malformed("not true");
};
/** @type {Check} */
export const keyId = (value) => void fromHex(value, 8);
/** @type {Check} */
export const id = (value) => void fromHex(value, 16);
/** @type {Check} */
export const sha512 = (value) => void fromHex(value, 64);
/** @type {(...words: string[]) => Check} */
export const oneOf = (...words) => (value) => {
  if (!words.includes(/** @type {string} */ (value))) throw new Malformed(`none of ${words.join(", ")}`);
};
/** @type {Check} */
export const credentialKey = (value) => {
  const { length } = fromBase64(value);
  if (length < 1 || length > LONGEST_CREDENTIAL_KEY) throw new Malformed("a credential's key of another length");
};
/** @type {Check} */
export const relyingParty = (value) => {
  if (typeof value !== "string" || !/^[a-z0-9.-]{1,253}$/.test(value)) throw new Malformed("not a host name");
};
/** @type {(check: Check) => Check} */
export const orNull = (check) => (value) => void (value === null || check(value));
/** Part of a recording, µs, or null: all of it. @type {Check} */
export const excerpt = (value) => {
  if (value === null) return;
  const { from, to } = exactly(value, ["from", "to"], "an excerpt");
  if (count(to, "an excerpt's end") <= count(from, "an excerpt's start")) throw new Malformed("an excerpt of nothing");
};
/** @type {Check} */
export const receipt = (value) => {
  const fields = exactly(value, ["at", "key", "organisation", "outcome", "package", "signature"], "a receipt");
  instant(fields.at, "a receipt's time");
  publicKey(fields.key);
  code(fields.organisation, "a receipt's organisation");
  oneOf("intact", "consistent")(fields.outcome);
  digest(fields.package);
  if (fromBase64(fields.signature).length !== 64) throw new Malformed("a receipt's signature is not 64 bytes");
};
/** @type {Check} */
export const notBefore = (value) => {
  const { root, size } = exactly(value, ["root", "size"], "not_before");
  digest(root);
  count(size, "not_before's size");
};

/** What a center's ledgers are called: its deployment, and a number from the second one on. */
export const ORIGIN = /^amana\/([0-9a-f]{32})(?:\/([2-9]|[1-9][0-9]{1,3}))?$/;

/** @type {Check} */
export const origin = (value) => {
  if (typeof value !== "string" || !ORIGIN.test(value)) throw new Malformed("not the name of a center's ledger");
};

const MOST_ITEMS = 200; // that one grant or one order names, or one derivative is made from

/** @type {Check} */
export const items = (value) => {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_ITEMS) throw new Malformed("no items, or too many");
  for (const item of value) {
    const fields = exactly(item, ["evidence", "excerpt"], "an item");
    id(fields.evidence);
    excerpt(fields.excerpt);
  }
};
/**
 * What evidence something was made from: each excerpt once, and evidence under its one manifest.
 *
 * @type {Check}
 */
export const checkSources = (value) => {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_ITEMS) throw new Malformed("no sources, or too many");
  const spoken = new Set();
  /** @type {Map<unknown, unknown>} */
  const manifests = new Map();
  for (const source of value) {
    const fields = exactly(source, ["evidence", "excerpt", "manifest"], "a source");
    id(fields.evidence);
    excerpt(fields.excerpt);
    digest(fields.manifest);
    spoken.add(text(canonical(source)));
    if ((manifests.get(fields.evidence) ?? fields.manifest) !== fields.manifest) throw new Malformed("evidence under two manifests");
    manifests.set(fields.evidence, fields.manifest);
  }
  if (spoken.size < value.length) throw new Malformed("a source twice");
};
/** @type {Check} */
export const year = (value) => {
  const given = count(value, "a year");
  if (given < 1000 || given > 9999) throw new Malformed("not a year of four digits");
};
