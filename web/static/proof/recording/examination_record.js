// @ts-check
// The record of an examination: a filled form, with the form itself, so that a court reads the questions as they were
// asked. A field or section with a condition has values only where the condition holds, which an earlier field decides.
//
// Trusts nothing that is parsed. Specification: docs/spec/examination.md.

import { sha256, toHex } from "../bytes.js";
import { canonical, parseCanonical } from "../canonical.js";
import { Malformed } from "../errors.js";
import { anyObject, code, digest, fromOne, id, listOf, members, objectOf, oneOf, orNull, textOf, yesOrNo } from "../ledger/members.js";

/** A text in both languages. @typedef {{ar: string, en: string}} Words */
/** @typedef {string | string[]} Value */
/** Field → its value. @typedef {Readonly<Record<string, Value>>} Values */
/** Holds where an earlier field has one of these values. @typedef {{field: string, is: string[]}} Condition */
/**
 * @typedef {object} Field
 * @property {string} id @property {string} kind @property {Words} label @property {Words | null} hint
 * @property {string | null} unit @property {{id: string, label: Words}[]} choices @property {boolean} required
 * @property {boolean} certificate whether its value is on the medical certificate @property {Condition | null} when
 */
/** @typedef {{id: string, label: Words, when: Condition | null, fields: Field[]}} Section */
/** @typedef {{id: string, version: number, title: Words, sections: Section[]}} Form */
/** The record that another one corrects. @typedef {{evidence: string, manifest: string, reason: string}} Corrected */
/** @typedef {{corrects: Corrected | null, form: Form, values: Values}} ExaminationRecord */

export const LONGEST_RECORD = 1_000_000; // bytes
/** Values of a field of kind `answer`. */
export const ANSWERS = Object.freeze(["yes", "no", "unknown", "not-examined"]);

const MOST = 60; // fields of a section, choices of a field
const MOST_SECTIONS = 40;
const MOST_FINDINGS = 200;
const LATEST_VERSION = 9_999;
const LONGEST = { words: 400, unit: 32, line: 300, text: 10_000, reason: 1_000 }; // characters

const CHOSEN = ["one-of", "several-of"];
const KINDS = ["text", "long-text", "number", "date", "date-time", "answer", ...CHOSEN, "findings"];
const words = objectOf({ ar: textOf(1, LONGEST.words), en: textOf(1, LONGEST.words) });
const condition = orNull(objectOf({ field: code, is: listOf(textOf(1, LONGEST.words), 1, MOST) }));
const FIELD = {
  id: code,
  kind: oneOf(...KINDS),
  label: words,
  hint: orNull(words),
  unit: orNull(textOf(1, LONGEST.unit)),
  choices: listOf(objectOf({ id: code, label: words }), 0, MOST),
  required: yesOrNo,
  certificate: yesOrNo,
  when: condition,
};
const SECTION = { id: code, label: words, when: condition, fields: listOf(objectOf(FIELD), 1, MOST) };
const FORM = { id: code, version: fromOne, title: words, sections: listOf(objectOf(SECTION), 1, MOST_SECTIONS) };
const RECORD = {
  corrects: orNull(objectOf({ evidence: id, manifest: digest, reason: textOf(1, LONGEST.reason) })),
  form: objectOf(FORM),
  v: oneOf(1),
  values: anyObject,
};

/** @typedef {(field: Field, value: unknown) => boolean} Fits */
/** @type {(most: number) => Fits} */
const isText = (most) => (field, value) => typeof value === "string" && value !== "" && [...value].length <= most;
/** @type {(form: RegExp) => Fits} */
const isLike = (form) => (field, value) => typeof value === "string" && form.test(value);
/** @type {(form: RegExp) => Fits} */
const isTime = (form) => (field, value) => {
  if (typeof value !== "string" || !form.test(value) || value.startsWith("0000")) return false;
  const time = `${value}${value.includes("T") ? "" : "T00:00"}:00.000Z`;
  const at = Date.parse(time); // moves days that are not in the calendar into the next month; written again, they differ
  return !Number.isNaN(at) && new Date(at).toISOString() === time;
};
/** @type {Fits} */
const isOption = (field, value) => typeof value === "string" && optionsOf(field).includes(value);
/** @type {(most: number, one: Fits) => Fits} */
const isList = (most, one) => (field, value) =>
  Array.isArray(value) && value.length > 0 && value.length <= most && value.every((each) => one(field, each)) && !twice(value);

/** @type {Readonly<Record<string, Fits>>} */
const FITS = Object.freeze({
  text: isText(LONGEST.line),
  "long-text": isText(LONGEST.text),
  number: isLike(/^-?(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?$/),
  date: isTime(/^\d{4}-\d\d-\d\d$/),
  "date-time": isTime(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/),
  answer: isOption,
  "one-of": isOption,
  "several-of": isList(MOST, isOption),
  findings: isList(MOST_FINDINGS, isLike(/^[1-9]\d{0,3}\.[1-9]\d?$/)),
});

/** @param {Bytes} bytes @returns {ExaminationRecord} @throws {Malformed} unless they are its only spelling */
export function parseExaminationRecord(bytes) {
  if (bytes.length > LONGEST_RECORD) throw new Malformed(`an examination record longer than ${LONGEST_RECORD} bytes`);
  const record = /** @type {ExaminationRecord} */ (members(parseCanonical(bytes), RECORD, "an examination record"));
  checkForm(record.form);
  const shown = new Map(shownFields(record.form, record.values).map((field) => [field.id, field]));
  for (const [name, value] of Object.entries(record.values)) {
    const field = shown.get(name);
    if (!field) throw new Malformed("a value of no field that is shown");
    if (!FITS[field.kind](field, value)) throw new Malformed(`not a value of a ${field.kind} field`);
  }
  return record;
}

/** The digest that identifies this version of a form. @param {Form} form */
export const formDigest = async (form) => toHex(await sha256(canonical(form)));

/** The values that a field may have, where they are listed. @param {Field} field @returns {readonly string[]} */
export const optionsOf = ({ kind, choices }) => (kind === "answer" ? ANSWERS : choices.map((one) => one.id));

/**
 * The fields whose conditions hold, in order. A field that is not shown decides nothing.
 *
 * @param {Form} form @param {Values} values @returns {Field[]}
 */
export function shownFields({ sections }, values) {
  /** @type {Field[]} */
  const shown = [];
  /** @type {Map<string, Value>} */
  const decided = new Map();
  const holds = (/** @type {Condition | null} */ when) => when === null || [decided.get(when.field) ?? []].flat().some((one) => when.is.includes(one));
  for (const { when, fields } of sections) {
    if (!holds(when)) continue;
    for (const field of fields) {
      if (!holds(field.when)) continue;
      if (Object.hasOwn(values, field.id)) decided.set(field.id, values[field.id]);
      shown.push(field);
    }
  }
  return shown;
}

/** @param {readonly unknown[]} values */
const twice = (values) => new Set(values).size < values.length;

/** No id twice; conditions depend on earlier fields, and on values that these can have. @param {Form} form @throws {Malformed} */
function checkForm({ version, sections }) {
  if (version > LATEST_VERSION) throw new Malformed("a form of a version that is too high");
  if (twice(sections.map((one) => one.id))) throw new Malformed("a section twice");
  /** @type {Map<string, Field>} */
  const before = new Map();
  for (const { when, fields } of sections) {
    checkCondition(when, before);
    for (const field of fields) {
      if (before.has(field.id)) throw new Malformed("a field twice");
      if ((field.choices.length > 0) !== CHOSEN.includes(field.kind)) throw new Malformed("choices of one-of and several-of, and of no other kind");
      if (field.unit !== null && field.kind !== "number") throw new Malformed("a unit of what is no number");
      if (twice(field.choices.map((one) => one.id))) throw new Malformed("a choice twice");
      checkCondition(field.when, before);
      before.set(field.id, field);
    }
  }
}

/** @param {Condition | null} when @param {ReadonlyMap<string, Field>} before @throws {Malformed} */
function checkCondition(when, before) {
  if (when === null) return;
  const decides = before.get(when.field);
  if (!decides || !["answer", ...CHOSEN].includes(decides.kind)) throw new Malformed("a condition on no earlier answer or choice");
  const options = optionsOf(decides);
  if (twice(when.is) || !when.is.every((one) => options.includes(one))) throw new Malformed("a condition on a value that its field cannot have");
}
