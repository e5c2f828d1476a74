// @ts-check
// Printing: on paper nothing can be unfolded, and the head of the sheet says when it was printed.

import { momentText } from "./words.js";

/** Prints these unfolded, and folds them again afterwards; digests are printed whole. @param {string} which `details`, as a selector */
export function prepareForPaper(which) {
  /** @type {HTMLDetailsElement[]} */
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details")].filter((one) => !one.open && one.matches(which));
    for (const one of folded) one.open = true;
    for (const whole of document.querySelectorAll("button.digest-whole")) /** @type {HTMLButtonElement} */ (whole).click();
    const now = new Date();
    for (const time of document.querySelectorAll(".letterhead time")) time.replaceChildren(momentText(now));
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
}
