// @ts-check
// The clock in the picture of a film that is ordered is that of the reader's place.

import { element } from "../page/elements.js";
import { ahead, zone } from "../page/times.js";

/** Sends it with the form, and says it there. @param {HTMLFormElement} form with `data-begins` */
export function showZone(form) {
  const offset = ahead(new Date(form.dataset.begins ?? ""));
  element("offset", HTMLInputElement).value = String(offset);
  element("zone").textContent = zone(offset);
  form.noValidate = true; // a browser's sentences would be in its own language
}
