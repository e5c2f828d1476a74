// @ts-check
// The exhibit's page before it is opened: the form that asks why. What opens a recording, checks and shows it
// (opened.js) is loaded meanwhile: the form waits for none of it.

import { takeCarried } from "./carried.js";
import { lacks } from "./lacks.js";
import { element } from "../page/elements.js";
import { wordsOf, writeWords } from "../page/trouble.js";
import { momentText } from "../page/words.js";

const opening = document.getElementById("opening");

for (const time of document.querySelectorAll("time")) time.textContent = momentText(new Date(time.dateTime));

/** @param {string} code of the page's troubles @param {boolean} again whether loading the page anew may help */
function showTrouble(code, again) {
  writeWords(wordsOf(`trouble.${code}`));
  element("again").hidden = !again;
  element("again").addEventListener("click", () => location.reload());
  element("trouble").hidden = false;
}

const lacking = lacks(); // then nothing could be checked, so nothing is asked for
if (lacking && opening) showTrouble(lacking, false);

if (opening instanceof HTMLFormElement) {
  document.head.append(element("meanwhile", HTMLTemplateElement).content); // preloads, for all of it at once
  const loading = import("./opened.js");
  loading.catch(() => showTrouble("network", true));
  const button = element("open", HTMLButtonElement);
  opening.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true; // one press, one opening
    const { openHere } = await loading;
    await openHere(opening);
  });
  const carried = takeCarried(opening.dataset.evidence ?? "");
  button.disabled = lacking !== null || carried !== null; // before, a press would only have loaded the page anew
  if (carried && lacking === null) {
    const { openHere } = await loading;
    await openHere(opening, carried);
  }
}
