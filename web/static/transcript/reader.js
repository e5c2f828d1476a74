// @ts-check
// Transcripts beside the film on the exhibit's page: one or two are opened, each opening is stated, and they follow
// what is played.
//
// The page has `transcripts` with a button for each that may be opened (`data-transcript`), where there are any.

import { CheckError } from "../proof/errors.js";
import { openTranscript } from "./opened.js";
import { offerFinding } from "./finding.js";
import { TranscriptPane } from "./pane.js";
import { element, make } from "../page/elements.js";
import { troubleText } from "../page/trouble.js";

/** @import { Film } from "../film/film.js" */

const AT_ONCE = 2;

/**
 * Offers the transcripts of what is played.
 *
 * @param {Film} film @param {string} purpose of the opening @param {(at: number) => void} go to a moment, µs
 */
export function offerTranscripts(film, purpose, go) {
  const section = document.getElementById("transcripts");
  if (!section) return;
  section.hidden = false;
  /** @type {Map<HTMLButtonElement, {pane: TranscriptPane, column: HTMLElement}>} */
  const shown = new Map();
  const follow = element("follow", HTMLInputElement);

  const search = (/** @type {string} */ wanted) => [...shown.values()].reduce((sum, { pane }) => sum + pane.search(wanted), 0);
  const look = offerFinding(search, () => {
    for (const { pane } of shown.values()) {
      const place = pane.next();
      if (place) return go(place.at);
    }
  });
  film.addEventListener("time", () => {
    for (const { pane } of shown.values()) pane.follow(film.at, follow.checked);
  });

  /** @param {HTMLButtonElement} button */
  const close = (button) => {
    shown.get(button)?.column.remove();
    shown.delete(button);
    button.setAttribute("aria-pressed", "false");
  };
  /** @param {HTMLButtonElement} button */
  const open = async (button) => {
    const { cues, recipe } = await openTranscript(button.dataset.transcript ?? "", purpose);
    for (const other of [...shown.keys()].slice(0, Math.max(0, shown.size + 1 - AT_ONCE))) close(other);
    const name = button.textContent ?? "";
    const list = make("ol", "transcript");
    list.tabIndex = 0;
    list.setAttribute("aria-label", name);
    const column = make("div", "transcript-column", make("h3", "", name), list);
    element("panes", HTMLElement).append(column);
    const pane = new TranscriptPane(list, cues, recipe.edits.language, go);
    shown.set(button, { pane, column });
    button.setAttribute("aria-pressed", "true");
    pane.follow(film.at, true);
  };
  for (const button of section.querySelectorAll("button")) {
    if (!button.dataset.transcript) continue;
    button.addEventListener("click", async () => {
      const trouble = element("transcript-trouble", HTMLElement);
      trouble.hidden = true;
      button.disabled = true;
      try {
        if (shown.has(button)) close(button);
        else await open(button);
      } catch (error) {
        trouble.textContent = troubleWords(error);
        trouble.hidden = false;
      } finally {
        button.disabled = false;
        element("reading", HTMLElement).hidden = shown.size === 0;
        look();
      }
    });
  }
}

/** @param {unknown} error */
export function troubleWords(error) {
  if (!(error instanceof CheckError)) throw error;
  return troubleText(error, "transcript.altered", "transcript.trouble");
}
