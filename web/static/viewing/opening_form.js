// @ts-check
// The form by which one file is opened on its page: a purpose, then it is fetched, or it is said why it is not.
//
// The page has `opening` (the form), `open` (its button), `working` and `trouble`.

import { element } from "../page/elements.js";
import { troubleText } from "../page/trouble.js";

/** @param {string} id @param {boolean} shown */
export const show = (id, shown = true) => void (element(id).hidden = !shown);

/** @param {string} words */
export function showTrouble(words) {
  element("trouble").textContent = words;
  show("trouble");
  show("working", false);
}

/** @param {unknown} error */
export const showError = (error) => showTrouble(troubleText(error));

/** @param {(purpose: string) => Promise<void>} open */
export function onOpening(open) {
  element("opening").addEventListener("submit", async (event) => {
    event.preventDefault();
    const purpose = String(new FormData(element("opening", HTMLFormElement)).get("purpose"));
    show("trouble", false);
    show("opening", false);
    show("working");
    try {
      await open(purpose);
      show("working", false);
    } catch (error) {
      showError(error);
      show("opening");
    }
  });
  element("open", HTMLButtonElement).disabled = false; // before, a press would only have loaded the page anew
}
