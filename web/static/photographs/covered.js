// @ts-check
// Photographs that were granted, covered on the page of their case. Nothing of a picture is fetched before it is
// uncovered by its own press, which is stated as its opening.

import { Opened, pictureAddress } from "../viewing/opened_file.js";
import { SMALL } from "../proof/recording/records.js";
import { markViewer } from "../viewing/mark.js";
import { copyOf, elements, make, setOrHide } from "../page/elements.js";
import { troubleText } from "../page/trouble.js";

let endMark = () => {};

/** @param {HTMLButtonElement} button in the frame of its picture */
async function uncover(button) {
  button.disabled = true;
  setOrHide("trouble", null);
  try {
    const opened = await Opened.open(button.dataset.uncover, button.dataset.purpose ?? "");
    const image = make("img");
    image.alt = ""; // its name is below it
    image.src = await pictureAddress(await opened.content(opened.track(SMALL)));
    button.parentElement?.replaceChildren(image, copyOf("looked-at"));
    endMark();
    endMark = markViewer();
  } catch (error) {
    setOrHide("trouble", troubleText(error));
    button.disabled = false;
  }
}

for (const button of elements("button[data-uncover]", HTMLButtonElement)) {
  button.addEventListener("click", () => uncover(button));
  button.disabled = false; // before, a press would have done nothing
}
