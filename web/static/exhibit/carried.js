// @ts-check
// An opened recording is carried over a change of the page's language, which loads the page anew: the same opening,
// at the same moment. Any other loading asks again why it is opened.

/** @typedef {{evidence: string, viewing: string, direct: boolean, purpose: string}} Opened */
/** `at`: µs. @typedef {Opened & {at: number}} Carried */

const KEY = "carried";

/** Has it carried when the language is changed. @param {Opened} opened @param {() => number} at µs */
export function carryOver(opened, at) {
  document.querySelector('form[action="/language"]')?.addEventListener("submit", () => {
    sessionStorage.setItem(KEY, JSON.stringify({ ...opened, at: at() }));
  });
}

/** What was carried to this page, once. @param {string} evidence @returns {Carried | null} */
export function takeCarried(evidence) {
  const stored = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const carried = /** @type {Carried | null} */ (stored && JSON.parse(stored));
  return carried?.evidence === evidence ? carried : null;
}
