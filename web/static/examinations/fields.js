// @ts-check
// The controls of a form's fields. Each gives its value as the record has it, or nothing where nothing is filled in.

import { optionsOf } from "../proof/recording/examination_record.js";
import { inLanguage, valueText } from "../viewing/examination_sheet.js";
import { make } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Field, Form, Value } from "../proof/recording/examination_record.js" */

const MOST = 300; // characters of a line
const MOST_TEXT = 10_000; // characters of a text
const NUMBER = "-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?";

/** What a browser's controls give for each kind that is one line. @type {Readonly<Record<string, Partial<HTMLInputElement>>>} */
const LINES = Object.freeze({
  text: { type: "text", maxLength: MOST },
  number: { type: "text", inputMode: "decimal", pattern: NUMBER },
  date: { type: "date" },
  "date-time": { type: "datetime-local" },
});

/**
 * @param {Field} field @param {Value | undefined} value @param {readonly string[]} findings that there are in the case
 * @param {(value: Value | undefined) => void} changed
 */
export function makeField(field, value, findings, changed) {
  const made = field.kind in LINES || field.kind === "long-text" ? lineField(field, value, changed) : optionsField(field, value, findings, changed);
  made.dataset.field = field.id;
  return made;
}

/** @param {Field} field @param {Value | undefined} value @param {(value: Value | undefined) => void} changed */
function lineField(field, value, changed) {
  const id = `f-${field.id}`;
  const control = field.kind === "long-text" ? make("textarea", { rows: 3, maxLength: MOST_TEXT, id }) : make("input", { ...LINES[field.kind], id });
  control.dir = field.kind === "text" || field.kind === "long-text" ? "auto" : "ltr";
  if (typeof value === "string") control.value = value;
  control.addEventListener("input", () => changed(control.validity.patternMismatch || control.value.trim() === "" ? undefined : control.value));
  const label = make("label", "", inLanguage(field.label), ...(field.unit ? [" ", make("bdi", "quiet", `(${field.unit})`)] : []), ...mark(field));
  label.htmlFor = id;
  const made = make("div", "field", label, control);
  describe(made, field, control, id);
  return made;
}

/** @param {Field} field @param {Value | undefined} value @param {readonly string[]} findings @param {(value: Value | undefined) => void} changed */
function optionsField(field, value, findings, changed) {
  const several = field.kind === "several-of" || field.kind === "findings";
  const options = field.kind === "findings" ? [...new Set([...findings, ...[value ?? []].flat()])] : optionsOf(field);
  const set = make("fieldset", "choices", make("legend", "", inLanguage(field.label), ...mark(field)));
  const rows = make("div", "choices-row");
  const read = () => {
    const chosen = [...rows.querySelectorAll("input")].filter((one) => one.checked && one.value !== "").map((one) => one.value);
    changed(chosen.length === 0 ? undefined : several ? chosen : chosen[0]);
  };
  for (const option of several ? options : [...options, ""]) {
    const input = make("input", { type: several ? "checkbox" : "radio", name: `f-${field.id}`, value: option });
    input.checked = option === "" ? value === undefined : [value ?? []].flat().includes(option);
    input.addEventListener("change", read);
    rows.append(make("label", "", input, make("span", option === "" ? "quiet" : "", option === "" ? say("none") : valueText(field, option))));
  }
  if (options.length === 0) rows.append(make("p", "hint", say("no-findings")));
  set.append(rows);
  const made = make("div", "field", set);
  describe(made, field, set, `f-${field.id}`);
  return made;
}

/** @param {Field} field */
const mark = ({ required }) => (required ? [] : [" ", make("span", "quiet", `· ${say("optional")}`)]);

/** @param {HTMLElement} made @param {Field} field @param {HTMLElement} control @param {string} id */
function describe(made, { hint }, control, id) {
  if (hint === null) return;
  const words = make("p", "hint", inLanguage(hint));
  words.id = `${id}-hint`;
  control.setAttribute("aria-describedby", words.id);
  made.append(words);
}
