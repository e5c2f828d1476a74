// @ts-check
// Beginning an edit list: the clock in its film is that of the reader's place, and what is missing is said on the page.

import { showZone } from "../copies/reader_zone.js";
import { element } from "../page/elements.js";

const form = document.getElementById("begin");
if (form instanceof HTMLFormElement) {
  showZone(form);
  form.addEventListener("submit", (event) => {
    const chosen = new FormData(form).get("picture") !== null;
    const trouble = element("trouble", HTMLElement);
    trouble.hidden = chosen;
    if (chosen) return;
    event.preventDefault();
    trouble.focus();
  });
}
