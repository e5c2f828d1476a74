// @ts-check
// A new one-time link: copied by its button, which says so. The page is the answer to a form; loaded again it is the page
// of what the link is for, since the form would be sent again and a further link would end this one.

import { element } from "./elements.js";
import { copyText } from "./words.js";

const copy = element("copy");
history.replaceState(null, "", copy.dataset.page);
copy.addEventListener("click", async () => {
  await copyText(element("link", HTMLInputElement).value);
  copy.textContent = copy.dataset.copied ?? "";
});
