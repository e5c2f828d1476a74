// @ts-check
// The list before recording: what was checked, what was found, how to put it right.

import { element, make, setContent } from "../page/elements.js";
import { say } from "../page/words.js";

/**
 * @typedef {{
 *   check: string, state: "ok" | "warn" | "fail", code: string, blocking: boolean,
 *   values: Record<string, string | number>,
 * }} CheckResult `code` as in the sentences `check.*`
 */

/** What has to be put right comes first. @type {CheckResult["state"][]} */
const GRAVEST_FIRST = ["fail", "warn", "ok"];
const TAGS = { ok: "tag-green", warn: "tag-amber", fail: "tag-amber" };

/** Values that are codes themselves are shown by their names. @param {Record<string, unknown>} values */
export function named(values) {
  /** @type {Record<string, string | number>} */
  const out = {};
  for (const [key, value] of Object.entries(values)) {
    const isName = (key === "camera" || key === "copy") && typeof value === "string";
    out[key] = isName ? say(`name.${value}`) : typeof value === "number" ? value : String(value);
    if (["hours", "minutes", "rate"].includes(key)) out.n = Number(value); // what the sentence counts
  }
  return out;
}

/** @param {CheckResult} result */
export const sentence = (result) => say(`check.${result.code}.says`, named(result.values));

/** @param {CheckResult[]} results */
export function showChecks(results) {
  const sorted = GRAVEST_FIRST.flatMap((state) => results.filter((one) => one.state === state));
  setContent(element("checks"), sorted.map(item)); // a list read aloud must not begin anew every few seconds
}

/** @param {CheckResult} result */
function item(result) {
  const words = make("div", "", make("p", "check-says", sentence(result)));
  const fix = say(`check.${result.code}.fix`);
  if (fix) words.append(make("p", "check-fix quiet", fix));
  const tag = make("span", `tag ${TAGS[result.state]}`, say(`check.${result.state}`));
  return make("li", `check check-${result.state}`, tag, words);
}
