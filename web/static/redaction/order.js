// @ts-check
// Ordering the copy: of what is saved, never of what is only on this page.

import { element, elementIfAny, elements } from "../page/elements.js";

/** @typedef {import("../page/autosave.js").Autosave<import("./edits.js").Edits>} Keeping */

/** @param {Keeping} keeping */
export function prepareOrder(keeping) {
  const form = elementIfAny("order", HTMLFormElement);
  if (!form) return;
  form.noValidate = true; // a browser's sentences would be in its own language
  const trouble = element("order-trouble", HTMLElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = new FormData(form).get("purpose") === null ? "purpose" : (await keeping.now()) ? null : "not-kept";
    for (const sentence of elements(":scope > *", HTMLElement, trouble)) sentence.hidden = sentence.dataset.code !== missing;
    trouble.hidden = missing === null;
    if (missing !== null) return trouble.focus();
    element("order-version", HTMLInputElement).value = String(keeping.version);
    form.submit();
  });
}
