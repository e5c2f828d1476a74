// @ts-check
// Printing: on paper nothing can be unfolded.

/** Prints these unfolded, and folds them again afterwards. @param {string} which `details`, as a selector */
export function unfoldOnPaper(which) {
  /** @type {HTMLDetailsElement[]} */
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details")].filter((one) => !one.open && one.matches(which));
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
}
