// @ts-check
// The form of a grant: its standard conditions fit what the receiver may do, until somebody has written others.

import { element } from "../page/elements.js";

const conditions = element("agreement", HTMLTextAreaElement);
const copy = element("kind", HTMLInputElement);
const { view: viewed = "", copy: copied = "" } = copy.dataset;

function fit() {
  if ([viewed, copied].includes(conditions.value)) conditions.value = copy.checked ? copied : viewed;
}

copy.addEventListener("change", fit);
fit(); // a browser may have chosen again what was chosen before a reload
