// @ts-check
// The form of a grant: its standard conditions fit what the receiver may do, until somebody has written others.

import { element, elements } from "../page/elements.js";

const conditions = element("agreement", HTMLTextAreaElement);
const kinds = elements("input[name=kind]", HTMLInputElement);

/** The standard conditions of each kind. */
const standard = new Map(kinds.map((kind) => [kind.value, kind.dataset.conditions ?? ""]));

function fit() {
  const chosen = kinds.find(({ checked }) => checked);
  if (chosen && [...standard.values()].includes(conditions.value)) conditions.value = standard.get(chosen.value) ?? "";
}

for (const kind of kinds) kind.addEventListener("change", fit);
fit(); // a browser may have chosen again what was chosen before a reload
