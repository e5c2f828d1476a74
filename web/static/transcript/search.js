// @ts-check
// The transcripts of a case, opened one after the other and searched here: what was said is in no index anywhere.

import { fold, occurrences } from "./folding.js";
import { openTranscript, troubleWords } from "./opened.js";
import { onOpening, show } from "../viewing/opening_form.js";
import { directionOf, makeSpoken, showMarked } from "./pane.js";
import { element, elements, inside, make, setOrHide } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

/** @import { Cue } from "./webvtt.js" */
/** @import { Folded } from "./folding.js" */
/** @typedef {{row: HTMLElement, language: string, evidence: string, cues: {cue: Cue, folded: Folded}[]}} Searched */

const MOST_SHOWN = 200; // results; more are only counted

const find = element("find", HTMLInputElement);
const results = element("results");
/** @type {Searched[]} */
const searched = [];

/** Opens those that are chosen, each of which is stated. @param {string} purpose */
async function open(purpose) {
  let last = "";
  for (const row of elements("li[data-transcript]").filter((one) => one.querySelector("input")?.checked)) {
    const { transcript = "", evidence = "" } = row.dataset;
    const state = inside(row, ".state");
    try {
      const { cues, language } = await openTranscript(transcript, purpose);
      searched.push({ row, language, evidence, cues: cues.map((cue) => ({ cue, folded: fold(cue.text) })) });
      state.textContent = say("search.opened", { n: cues.length });
    } catch (error) {
      last = troubleWords(error);
      state.textContent = say("search.unopened");
    }
  }
  const some = searched.length > 0;
  for (const box of elements("li[data-transcript] input", HTMLInputElement)) box.disabled = some;
  setOrHide("trouble", last);
  show("opening", !some);
  show("search", some);
  if (some) find.focus();
}

function search() {
  const wanted = find.value;
  results.replaceChildren();
  let count = 0;
  for (const { row, language, evidence, cues } of searched) {
    const list = make("ol", { className: "transcript", lang: language, dir: directionOf(language) });
    for (const { cue, folded } of cues) {
      const found = occurrences(folded, wanted);
      if (found.length === 0) continue;
      count += 1;
      if (count <= MOST_SHOWN) list.append(resultOf(cue, evidence, found));
    }
    if (list.childElementCount === 0) continue;
    const title = row.querySelector(".transcript-name")?.cloneNode(true);
    results.append(make("h2", "", ...(title?.childNodes ?? [])), list);
  }
  const code = wanted.trim() === "" ? "" : count > 0 ? "found" : "found.none";
  element("found").textContent = code && say(code, { n: count });
  show("more", count > MOST_SHOWN);
}

/** @param {Cue} cue @param {string} evidence @param {{from: number, to: number}[]} found */
function resultOf({ begin, speaker, text }, evidence, found) {
  const link = make("a", { className: "numeral", href: `/evidence/${evidence}#at=${Math.floor(begin / 1000)}` }, timecode(begin * 1000));
  const words = make("p");
  showMarked(words, text, found);
  return makeSpoken(link, speaker, words);
}

find.addEventListener("input", search);
onOpening(open);
