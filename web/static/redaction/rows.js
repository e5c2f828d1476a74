// @ts-check
// A row of a table of covers, silences or cuts: what it is, from when until when, and what can be done with it.

import { make } from "../page/elements.js";

/** @param {string} name @param {string} times @param {readonly HTMLElement[]} acts buttons @param {boolean} isChosen */
export function makeRow(name, times, acts, isChosen) {
  const head = make("th", "", name);
  head.scope = "row";
  const row = make("tr", "", head, make("td", "", times), make("td", "edit-acts", ...acts.flatMap((act) => [act, " "]).slice(0, -1)));
  row.classList.toggle("chosen", isChosen);
  return row;
}
