// @ts-check
// A kept transcript on its own page: opened for a purpose, checked, read, searched.

import { openTranscript } from "./opened.js";
import { onOpening, show } from "../viewing/opening_form.js";
import { offerFinding } from "./finding.js";
import { TranscriptPane } from "./pane.js";
import { addFact, element, leftToRight, make } from "../page/elements.js";
import { countText, makeDigest, say } from "../page/words.js";

const one = element("one");

onOpening(async (purpose) => {
  const { cues, language, description, inputs } = await openTranscript(one.dataset.id ?? "", purpose);
  const pane = new TranscriptPane(element("transcript"), cues, language, null);
  offerFinding((wanted) => pane.search(wanted), () => void pane.next());
  const facts = element("facts");
  addFact(facts, say("file.cues"), make("bdi", "numeral", countText(cues.length)));
  addFact(facts, say("file.bytes"), make("bdi", "numeral", countText(description.size)));
  addFact(facts, say("file.sha256"), makeDigest(description.sha256));
  for (const { name, sha256 } of inputs) {
    addFact(facts, say("file.from"), make("span", "", leftToRight(make("bdi", "", name)), " ", makeDigest(sha256)));
  }
  show("file-facts");
  show("text");
  show("checked");
  element("find").focus();
});
