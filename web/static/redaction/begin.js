// @ts-check
// Beginning an edit list: the clock in its film is that of the reader's place, and what is missing is said on the page.

import { ahead, zone } from "../page/times.js";
import { element } from "../page/elements.js";

const form = document.getElementById("begin");
if (form instanceof HTMLFormElement) {
  const offset = ahead(new Date(form.dataset.begins ?? ""));
  element("offset", HTMLInputElement).value = String(offset);
  element("zone", HTMLElement).textContent = zone(offset);
  form.noValidate = true; // a browser's sentences would be in its own language
  form.addEventListener("submit", (event) => {
    const chosen = new FormData(form).get("picture") !== null;
    const trouble = element("trouble", HTMLElement);
    trouble.hidden = chosen;
    if (chosen) return;
    event.preventDefault();
    trouble.focus();
  });
}
