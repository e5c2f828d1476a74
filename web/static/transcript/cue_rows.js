// @ts-check
// The cues of a draft as rows that are written in: times, who speaks, what was said; beside them the original, where it
// is a translation.

import { beside, tidy, tidyName, typedTime } from "./draft_cues.js";
import { directionOf } from "./pane.js";
import { LONGEST_NAME, LONGEST_TEXT, timeOf } from "./webvtt.js";
import { leftToRight, make, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Cue } from "./webvtt.js" */
/** @typedef {{element: HTMLElement, begin: HTMLInputElement, end: HTMLInputElement, speaker: HTMLInputElement, text: HTMLTextAreaElement, problem: HTMLElement}} Row */
/** @typedef {{language: string, cues: readonly Cue[]}} Original */
/**
 * What is done in a row, by its place.
 *
 * @typedef {object} Acts
 * @property {(at: number, change: Partial<Cue>) => void} change @property {(at: number) => void} choose
 * @property {(at: number) => void} go to its beginning
 */

export class CueRows {
  #list;
  #language;
  #acts;
  /** @type {Row[]} */
  #rows = [];
  /** @type {ReadonlyMap<number, string>} what is said of them now */
  #problems = new Map();
  /** @type {Original | null} */
  original = null;

  /** @param {HTMLElement} list an `ol` @param {string} language @param {Acts} acts */
  constructor(list, language, acts) {
    this.#list = list;
    this.#language = language;
    this.#acts = acts;
  }

  /** Shows these and no others. @param {readonly Cue[]} cues */
  show(cues) {
    this.#rows = cues.map((cue, at) => this.#row(cue, at));
    this.#problems = new Map();
    this.#list.replaceChildren(...this.#rows.map(({ element }) => element));
  }

  /** Shows one anew, but for the field that has the focus. @param {number} at @param {Cue} cue */
  refresh(at, cue) {
    const row = this.#rows[at];
    if (!row) return;
    const set = (/** @type {HTMLInputElement | HTMLTextAreaElement} */ field, /** @type {string} */ value) => {
      if (field.value !== value && field !== document.activeElement) field.value = value;
    };
    set(row.begin, timeOf(cue.begin));
    set(row.end, timeOf(cue.end));
    set(row.speaker, cue.speaker);
    set(row.text, cue.text);
  }

  /** @param {ReadonlyMap<number, string>} problems a code by the place of each cue that is not as it should be */
  showProblems(problems) {
    for (const [at, { element, problem }] of this.#rows.entries()) {
      const code = problems.get(at);
      if (code === this.#problems.get(at)) continue;
      element.classList.toggle("wanting", code !== undefined);
      problem.hidden = code === undefined;
      problem.textContent = code === undefined ? "" : say(`wrong.${code}`);
    }
    this.#problems = problems;
  }

  /** @param {number} at the one that is spoken now @param {boolean} scrolling whether it comes into view */
  follow(at, scrolling) {
    for (const [place, { element }] of this.#rows.entries()) element.classList.toggle("now", place === at);
    const element = this.#rows[at]?.element;
    if (element && scrolling && !this.#list.contains(document.activeElement)) element.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} at @param {"text" | "speaker"} [field] @param {number} [caret] */
  focus(at, field = "text", caret) {
    const row = this.#rows[at];
    if (!row) return;
    row[field].focus();
    if (field === "speaker") row.speaker.select();
    else if (caret !== undefined) row.text.setSelectionRange(caret, caret);
    row.element.scrollIntoView({ block: "nearest" });
  }

  /** The caret's place in the text of this one. @param {number} at */
  caret(at) {
    return this.#rows[at]?.text.selectionStart ?? 0;
  }

  /** @param {Cue} cue @param {number} at @returns {Row} */
  #row(cue, at) {
    const number = String(at + 1);
    const begin = this.#time(at, "begin", cue);
    const end = this.#time(at, "end", cue);
    const speaker = make("input", {
      className: "cue-speaker", value: cue.speaker, maxLength: LONGEST_NAME, dir: "auto", autocomplete: "off",
      ariaLabel: say("cue.speaker", { number }),
    });
    speaker.setAttribute("list", "speakers");
    speaker.addEventListener("change", () => this.#acts.change(at, { speaker: tidyName(speaker.value) }));
    const text = make("textarea", {
      className: "cue-text", value: cue.text, maxLength: LONGEST_TEXT, rows: Math.max(2, cue.text.split("\n").length),
      lang: this.#language, dir: directionOf(this.#language), ariaLabel: say("cue.text", { number }),
    });
    text.addEventListener("input", () => this.#acts.change(at, { text: tidy(text.value) }));
    const go = makeButton({ className: "cue-go", ariaLabel: say("cue.go", { number }) }, number, () => this.#acts.go(at));
    const times = leftToRight(make("span", "cue-times", begin, "–", end));
    const problem = make("p", { className: "cue-problem", hidden: true });
    const words = make("div", "cue-words", text, ...this.#beside(cue));
    const element = make("li", "cue", make("div", "cue-head", go, times, speaker), words, problem);
    element.addEventListener("focusin", () => this.#acts.choose(at));
    return { element, begin, end, speaker, text, problem };
  }

  /** @param {number} at @param {"begin" | "end"} which @param {Cue} cue */
  #time(at, which, cue) {
    const field = make("input", {
      className: "cue-time", value: timeOf(cue[which]), inputMode: "decimal", autocomplete: "off",
      ariaLabel: say(`cue.${which}`, { number: at + 1 }),
    });
    field.addEventListener("change", () => {
      const time = typedTime(field.value);
      field.ariaInvalid = String(time === null);
      if (time === null) return;
      field.value = timeOf(time);
      this.#acts.change(at, { [which]: time });
    });
    return field;
  }

  /** @param {Cue} cue */
  #beside(cue) {
    if (!this.original) return [];
    const { language, cues } = this.original;
    const words = make("div", { className: "cue-original", lang: language, dir: directionOf(language) });
    for (const { speaker, text } of beside(cues, cue)) {
      if (speaker) words.append(make("strong", "speaker", speaker));
      words.append(make("p", "", text));
    }
    return [words];
  }
}
