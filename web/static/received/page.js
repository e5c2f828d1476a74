// @ts-check
// The received files of a case.

import { elementIfAny, inside } from "../page/elements.js";
import { copyText } from "../page/words.js";
import { renew } from "../photographs/renewing.js";
import { ofCase } from "../photographs/uploading.js";
import { receive } from "./receiving.js";

const section = elementIfAny("adding");
if (section) receive(ofCase(section.dataset.case ?? "", section.dataset.person ?? ""), renew);

const made = elementIfAny("made");
if (made) {
  const copy = inside(made, "button");
  copy.addEventListener("click", async () => {
    await copyText(inside(made, "input", HTMLInputElement).value);
    copy.textContent = copy.dataset.copied ?? "";
  });
}
