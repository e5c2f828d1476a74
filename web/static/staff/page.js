// @ts-check
// A new one-time link of the staff page: copied by its button, which says so.

import { element } from "../page/elements.js";
import { copyText } from "../page/words.js";

const copy = element("copy");
copy.addEventListener("click", async () => {
  await copyText(element("link", HTMLInputElement).value);
  copy.textContent = copy.dataset.copied ?? "";
});
