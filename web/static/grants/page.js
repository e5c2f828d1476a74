// @ts-check
// The form of a grant: its standard conditions fit what the receiver may do, until others are written. A ticked item
// means: only the items that are ticked.

import { element, elements } from "../page/elements.js";

const conditions = element("agreement", HTMLTextAreaElement);
const copy = element("kind", HTMLInputElement);
const { view: viewed = "", copy: copied = "" } = copy.dataset;

function fit() {
  if ([viewed, copied].includes(conditions.value)) conditions.value = copy.checked ? copied : viewed;
}

copy.addEventListener("change", fit);
for (const item of elements("[name=item]", HTMLInputElement)) {
  item.addEventListener("change", () => {
    const chosen = document.querySelector("[name=extent][value=chosen]");
    if (item.checked && chosen instanceof HTMLInputElement) chosen.checked = true;
  });
}
fit(); // a browser may have chosen again what was chosen before a reload
