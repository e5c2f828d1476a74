// @ts-check
// A new one-time link: copied by its button, which says so.

import { element } from "./elements.js";
import { copyText } from "./words.js";

const copy = element("copy");
copy.addEventListener("click", async () => {
  await copyText(element("link", HTMLInputElement).value);
  copy.textContent = copy.dataset.copied ?? "";
});
