// @ts-check
// A transcript to be read: who said what and when, following what is played, searched, and leading to its moment.

import { fold, occurrences } from "./folding.js";
import { isPlayed, spokenAt } from "./moments.js";
import { leftToRight, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";

/** @import { Cue } from "./webvtt.js" */
/** @import { Folded } from "./folding.js" */
/**
 * What is played beside it: from when until when, and how to get to a moment; µs. What was said outside it is shown, and
 * leads nowhere.
 *
 * @typedef {{timeline: {begin: number, end: number}, go: (at: number) => void}} Played
 */

const FROM_RIGHT = Object.freeze(["ar", "he", "fa", "ur"]);

/** Which way a language is written. @param {string} language */
export const directionOf = (language) => (FROM_RIGHT.includes(language) ? "rtl" : "ltr");

/**
 * One text with what was found in it marked.
 *
 * @param {HTMLElement} element @param {string} text @param {readonly {from: number, to: number}[]} found
 */
export function showMarked(element, text, found) {
  /** @type {(string | Node)[]} */
  const pieces = [];
  let at = 0;
  for (const { from, to } of found) {
    pieces.push(text.slice(at, from), make("mark", "", text.slice(from, to)));
    at = to;
  }
  element.replaceChildren(...pieces, text.slice(at));
}

/** What was said at a moment. @param {HTMLElement} at @param {string} speaker "": not named @param {HTMLElement} words */
export function makeSpoken(at, speaker, words) {
  const who = speaker ? [make("strong", "speaker", speaker)] : [];
  return make("li", "spoken", leftToRight(at), make("div", "said", ...who, words));
}

export class TranscriptPane {
  /** @type {{row: HTMLElement, words: HTMLElement, go: (() => void) | null, folded: Folded}[]} */
  #rows;
  #cues;
  #list;
  #now = -1;
  /** @type {number[]} the rows in which something was found */
  #found = [];
  #chosen = -1;

  /**
   * @param {HTMLElement} list an `ol` @param {Cue[]} cues @param {string} language
   * @param {Played | null} played null where nothing is played
   */
  constructor(list, cues, language, played) {
    this.#list = list;
    this.#cues = cues;
    list.lang = language;
    list.dir = directionOf(language);
    let before = "";
    this.#rows = cues.map((cue) => {
      const moment = timecode(cue.begin * 1000);
      const go = played && isPlayed(cue, played.timeline) ? () => played.go(cue.begin * 1000) : null;
      const at = go ? makeButton("link numeral", moment, go) : make("span", "numeral quiet", moment);
      const words = make("p", "", cue.text);
      const row = makeSpoken(at, cue.speaker === before ? "" : cue.speaker, words);
      before = cue.speaker;
      list.append(row);
      return { row, words, go, folded: fold(cue.text) };
    });
  }

  /** Shows what is said at this moment. @param {number} at µs @param {boolean} scrolling whether it comes into view */
  follow(at, scrolling) {
    const now = spokenAt(this.#cues, at / 1000);
    if (now === this.#now) return;
    this.#rows[this.#now]?.row.removeAttribute("aria-current");
    this.#now = now;
    const row = this.#rows[now]?.row;
    row?.setAttribute("aria-current", "true");
    if (row && scrolling) this.#bring(row);
  }

  /** @param {string} wanted @returns {number} in how many cues it was found */
  search(wanted) {
    this.#found = [];
    this.#chosen = -1;
    for (const [index, { row, words, folded }] of this.#rows.entries()) {
      const found = occurrences(folded, wanted);
      row.classList.remove("chosen");
      showMarked(words, this.#cues[index]?.text ?? "", found);
      if (found.length > 0) this.#found.push(index);
    }
    return this.#found.length;
  }

  /** Goes to the next place where it was found. @returns {boolean} whether there is one */
  next() {
    if (this.#found.length === 0) return false;
    this.#rows[this.#found[this.#chosen] ?? -1]?.row.classList.remove("chosen");
    this.#chosen = (this.#chosen + 1) % this.#found.length;
    const index = this.#found[this.#chosen] ?? 0;
    const { row, go } = this.#rows[index] ?? {};
    row?.classList.add("chosen");
    if (row) this.#bring(row);
    go?.();
    return true;
  }

  /** Within the list alone: the page stays where it is. @param {HTMLElement} row */
  #bring(row) {
    const list = this.#list;
    const over = row.offsetTop - list.offsetTop;
    if (over < list.scrollTop || over + row.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = over - list.clientHeight / 3;
    }
  }
}
