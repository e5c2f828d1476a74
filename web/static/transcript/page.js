// @ts-check
// A kept transcript on its own page: opened for a purpose, checked, read, searched.

import { openTranscript } from "./opened.js";
import { onOpening, show } from "../viewing/opening_form.js";
import { directionOf, TranscriptPane } from "./pane.js";
import { element, make } from "../page/elements.js";
import { countText, makeDigest, say } from "../page/words.js";

const one = element("one", HTMLElement);

/** @param {string} label @param {Node} value */
function tellFact(label, value) {
  const fact = make("dd");
  fact.append(value);
  element("facts", HTMLElement).append(make("dt", "", label), fact);
}

onOpening(async (purpose) => {
  const { cues, told, recipe } = await openTranscript(one.dataset.id ?? "", purpose);
  const { language } = recipe.edits;
  const pane = new TranscriptPane(element("transcript", HTMLElement), cues, language, null);
  const find = element("find", HTMLInputElement);
  find.dir = "auto";
  const next = element("find-next", HTMLButtonElement);
  find.addEventListener("input", () => {
    const count = pane.search(find.value);
    element("found", HTMLElement).textContent = find.value.trim() === "" ? "" : say(count > 0 ? "found" : "found.none", { n: count });
    next.disabled = count === 0;
  });
  next.addEventListener("click", () => void pane.next());
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") pane.next();
  });
  tellFact(say("file.cues"), make("bdi", "numeral", countText(cues.length)));
  tellFact(say("file.bytes"), make("bdi", "numeral", countText(told.size)));
  tellFact(say("file.sha256"), makeDigest(told.sha256));
  for (const { name, sha256 } of recipe.inputs) {
    const brought = make("span");
    const said = make("bdi", "", name);
    said.dir = directionOf("en");
    brought.append(said, " ", makeDigest(sha256));
    tellFact(say("file.from"), brought);
  }
  show("told");
  show("text");
  show("checked");
  find.focus();
});
