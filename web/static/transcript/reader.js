// @ts-check
// Transcripts beside a film: one or two are opened, and they follow what is played.
//
// The page has `transcripts` with a button for each that may be opened (`data-transcript`), where there are any. How one
// is opened is the page's own: fetched from the center, which states it, or read from a package.

import { offerFinding } from "./finding.js";
import { directionOf, TranscriptPane } from "./pane.js";
import { element, elements, make } from "../page/elements.js";

/** @import { Caption } from "../film/audience.js" */
/** @import { Film } from "../film/film.js" */
/** @import { Cue } from "./webvtt.js" */
/**
 * How a page opens a transcript, by the id on its button.
 *
 * @typedef {object} Opening
 * @property {(transcript: string) => Promise<{cues: Cue[], language: string}>} open
 * @property {(error: unknown) => string} troubleWords why it could not be opened; throws what is a mistake
 * @property {(at: number) => void} go to a moment, µs
 * @property {(said: Caption[]) => void} [captions] takes the cues of those that are open
 */

const AT_ONCE = 2;

/** Offers the transcripts of what is played. @param {Film} film open @param {Opening} opening */
export function offerTranscripts(film, { open, troubleWords, go, captions }) {
  const section = document.getElementById("transcripts");
  if (!section) return;
  section.hidden = false;
  /** @type {Map<HTMLButtonElement, {pane: TranscriptPane, column: HTMLElement, said: Caption[]}>} */
  const shown = new Map();
  const buttons = elements("button[data-transcript]", HTMLButtonElement, section);
  const follow = element("follow", HTMLInputElement);
  // Another film may have its section in this one's place before a transcript is open.
  const [trouble, reading, panes] = [element("transcript-trouble"), element("reading"), element("panes")];

  const search = (/** @type {string} */ wanted) => [...shown.values()].reduce((sum, { pane }) => sum + pane.search(wanted), 0);
  const look = offerFinding(search, () => void [...shown.values()].some(({ pane }) => pane.next()));
  film.addEventListener("time", () => {
    for (const { pane } of shown.values()) pane.follow(film.at, follow.checked);
  });

  /** @param {HTMLButtonElement} button */
  const close = (button) => {
    shown.get(button)?.column.remove();
    shown.delete(button);
    button.setAttribute("aria-pressed", "false");
  };
  /** @param {HTMLButtonElement} button @param {string} transcript */
  const show = async (button, transcript) => {
    const { cues, language } = await open(transcript);
    for (const other of [...shown.keys()].slice(0, Math.max(0, shown.size + 1 - AT_ONCE))) close(other);
    const name = button.textContent ?? "";
    const list = make("ol", { className: "transcript", tabIndex: 0 });
    list.setAttribute("aria-label", name); // as a property it came only with Firefox 119, and this is in verify.html
    const column = make("div", "transcript-column", make("h3", "", name), list);
    const later = buttons.slice(buttons.indexOf(button) + 1).find((other) => shown.has(other));
    panes.insertBefore(column, (later && shown.get(later)?.column) ?? null); // in the order of the buttons
    const pane = new TranscriptPane(list, cues, language, { timeline: film.timeline, go });
    shown.set(button, { pane, column, said: captionsOf(cues, language) });
    button.setAttribute("aria-pressed", "true");
    pane.follow(film.at, true);
  };
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      trouble.hidden = true;
      button.disabled = true;
      try {
        if (shown.has(button)) close(button);
        else await show(button, button.dataset.transcript ?? "");
      } catch (error) {
        trouble.textContent = troubleWords(error);
        trouble.hidden = false;
      } finally {
        button.disabled = false;
        reading.hidden = shown.size === 0;
        captions?.(buttons.flatMap((one) => shown.get(one)?.said ?? []));
        look();
      }
    });
  }
}

/** @param {readonly Cue[]} cues @param {string} language @returns {Caption[]} */
const captionsOf = (cues, language) =>
  cues.map(({ begin, end, text }) => ({ from: begin * 1000, to: end * 1000, text, language, direction: directionOf(language) }));
