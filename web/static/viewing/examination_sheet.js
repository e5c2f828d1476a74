// @ts-check
// The record of an examination as people read it: its form's questions in the reader's language, with what was filled
// in. A question that was shown and not answered is there too, as not filled in.
//
// Given: a record that is proved, and whose every value is one of its form's (`proof/recording/examination_record.js`).

import { shownFields } from "../proof/recording/examination_record.js";
import { addFact, make } from "../page/elements.js";
import { isolate, say } from "../page/words.js";

/** @import { ExaminationRecord, Field, Value, Values, Words } from "../proof/recording/examination_record.js" */

/** A text of a form in the language of the page. @param {Words} words */
export const inLanguage = ({ ar, en }) => (document.documentElement.lang === "ar" ? ar : en);

/** @param {ExaminationRecord} record @param {Values} [earlier] those of the record that it corrects, shown where they differ */
export function examinationSheet({ form, values, corrects }, earlier) {
  const sheet = make("div", "examination", make("h3", "", inLanguage(form.title)), make("p", "quiet", say("examination.version", { version: form.version, form: isolate(form.id) })));
  if (corrects) sheet.append(make("p", "", `${say("examination.corrects", { id: isolate(corrects.evidence.slice(0, 8)) })} ${isolate(corrects.reason)}`));
  const shown = new Set(shownFields(form, values));
  for (const { label, fields } of form.sections) {
    const here = fields.filter((field) => shown.has(field));
    if (here.length === 0) continue;
    const facts = make("dl", "facts");
    for (const field of here) {
      const shows = make("div", "", filled(field, values[field.id]));
      const before = earlier?.[field.id];
      if (earlier && String(before) !== String(values[field.id])) shows.append(make("p", "tag tag-amber", say("value.earlier", { value: filled(field, before).textContent })));
      addFact(facts, inLanguage(field.label), shows);
    }
    sheet.append(make("h4", "", inLanguage(label)), facts);
  }
  return sheet;
}

/** @param {Field} field @param {Value | undefined} value */
function filled(field, value) {
  if (value === undefined) return make("span", "quiet", say("value.none"));
  const texts = [value].flat().map((one) => valueText(field, one));
  if (texts.length === 1) return make("bdi", field.kind === "long-text" ? "long-text" : "", texts[0]);
  return make("ul", "", ...texts.map((text) => make("li", "", text)));
}

/** One value in words. @param {Field} field @param {string} value */
export function valueText({ kind, choices, unit }, value) {
  if (kind === "answer") return say(`value.${value}`);
  if (kind === "findings") {
    const [set, injury] = value.split(".");
    return say("value.finding", { set, injury });
  }
  if (kind === "date-time") return isolate(value.replace("T", " "));
  const choice = choices.find(({ id }) => id === value);
  if (choice) return inLanguage(choice.label);
  return unit === null ? value : isolate(`${value} ${unit}`);
}
