// @ts-check
// What the members of signed JSON can be (statements and their bodies, manifests, headers, recipes), each a check that
// refuses everything else. A schema names the check of each member.

import { fromBase64, fromHex, text } from "../bytes.js";
import { canonical, count, exactly, isObject, string } from "../canonical.js";
import { ed25519Key } from "../ed25519.js";
import { Malformed } from "../errors.js";

/** Throws `Malformed`, with `what` to name the value, unless it is one. @typedef {(value: unknown, what: string) => void} Check */
/** @typedef {Readonly<Record<string, Check>>} Schema */

const LONGEST_CREDENTIAL_KEY = 2048;
const CODE = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * An object with exactly these members, each as its check has it.
 *
 * @param {unknown} value @param {Schema} schema @param {string} what for the error
 * @returns {Record<string, any>} @throws {Malformed}
 */
export function members(value, schema, what) {
  const fields = exactly(value, Object.keys(schema), what);
  for (const [name, check] of Object.entries(schema)) check(fields[name], `${what}: ${name}`);
  return fields;
}
/** @type {(schema: Schema) => Check} */
export const objectOf = (schema) => (value, what) => void members(value, schema, what);
/** @type {(check: Check, least: number, most: number) => Check} */
export const listOf = (check, least, most) => (value, what) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) throw new Malformed(`${what} is not a list of ${least} to ${most}`);
  for (const one of value) check(one, what);
};
/** @type {Check} */
export const anything = () => {};
/** @type {(check: Check) => Check} */
export const orNull = (check) => (value, what) => void (value === null || check(value, what));
/** @type {(...values: (string | number)[]) => Check} */
export const oneOf = (...values) => (value, what) => {
  if (!values.includes(/** @type {any} */ (value))) throw new Malformed(`${what} is none of ${values.join(", ")}`);
};
/** @type {(form: RegExp) => Check} */
export const textLike = (form) => (value, what) => {
  if (!form.test(string(value, what))) throw new Malformed(`${what} is not in its form`);
};
/** Text of so many characters, which are not UTF-16 code units. @type {(least: number, most: number) => Check} */
export const textOf = (least, most) => (value, what) => {
  const { length } = [...string(value, what)];
  if (length < least || length > most) throw new Malformed(`${what} is not of ${least} to ${most} characters`);
};
/** @type {(least: number, most?: number) => Check} */
export const base64Of = (least, most = least) => (value, what) => {
  const { length } = fromBase64(value);
  if (length < least || length > most) throw new Malformed(`${what} is not of ${least} to ${most} bytes`);
};
/** A word for programs: never free text. */
export const code = textLike(CODE);
/** A time like 2026-11-24T20:15:03.120Z, existing in the calendar. @type {Check} */
export const instant = (value, what) => {
  // Date.parse moves days that are not in the calendar into the next month; written again, they differ.
  const at = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString() !== value || value.startsWith("0000")) throw new Malformed(`${what} is not a time`);
};
/** @type {Check} */
export const keyId = (value) => void fromHex(value, 8);
/** @type {Check} */
export const id = (value) => void fromHex(value, 16);
/** @type {Check} */
export const digest = (value) => void fromHex(value, 32);
/** @type {Check} */
export const sha512 = (value) => void fromHex(value, 64);
/** @type {Check} */
export const fromZero = count;
/** @type {Check} */
export const fromOne = (value, what) => {
  if (count(value, what) < 1) throw new Malformed(`${what} is 0`);
};
/** @type {Check} */
export const publicKey = (value) => void ed25519Key(fromBase64(value));
/** @type {Check} */
export const yesOrNo = (value, what) => {
  if (typeof value !== "boolean") throw new Malformed(`${what} is neither true nor false`);
};
/** @type {Check} */
export const isTrue = (value, what) => {
  if (value !== true) throw new Malformed(`${what} is not true`);
};
export const credentialKey = base64Of(1, LONGEST_CREDENTIAL_KEY);
export const relyingParty = textLike(/^[a-z0-9.-]{1,253}$/);
/** @type {Check} */
export const anyObject = (value, what) => {
  if (!isObject(value)) throw new Malformed(`${what} is not an object`);
};
/** The version of each program. @type {Check} */
export const software = (value, what) => {
  anyObject(value, what);
  for (const version of Object.values(/** @type {object} */ (value))) string(version, what);
};
/** Part of a recording, µs, or null: all of it. @type {Check} */
export const excerpt = orNull((value, what) => {
  const { from, to } = members(value, { from: fromZero, to: fromZero }, what);
  if (to <= from) throw new Malformed(`${what} is an excerpt of nothing`);
});
export const receipt = objectOf({
  at: instant,
  key: publicKey,
  organisation: code,
  outcome: oneOf("intact", "consistent"),
  package: digest,
  signature: base64Of(64),
});
export const notBefore = objectOf({ root: digest, size: fromZero });

/** What a center's ledgers are called: its deployment, and a number from the second one on. */
export const ORIGIN = /^amana\/([0-9a-f]{32})(?:\/([2-9]|[1-9][0-9]{1,3}))?$/;

export const origin = textLike(ORIGIN);

const MOST_ITEMS = 200; // that one grant or one order names, or one derivative is made from
const SOURCE = { evidence: id, excerpt, manifest: digest };

export const items = listOf(objectOf({ evidence: id, excerpt }), 1, MOST_ITEMS);
/**
 * What evidence something was made from: each excerpt once, and evidence under its one manifest.
 *
 * @type {Check}
 */
export const sources = (value, what) => {
  listOf(objectOf(SOURCE), 1, MOST_ITEMS)(value, what);
  const listed = /** @type {import("../recording/derivatives.js").Source[]} */ (value);
  if (new Set(listed.map((one) => text(canonical(one)))).size < listed.length) throw new Malformed("a source twice");
  const under = new Set(listed.map(({ evidence, manifest }) => `${evidence} ${manifest}`));
  if (under.size > new Set(listed.map(({ evidence }) => evidence)).size) throw new Malformed("evidence under two manifests");
};
/** @type {Check} */
export const year = (value, what) => {
  const given = count(value, what);
  if (given < 1000 || given > 9999) throw new Malformed(`${what} is not of four digits`);
};
