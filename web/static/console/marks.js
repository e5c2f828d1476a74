// @ts-check
// A mark is of the moment in which it was wanted, not of the moment in which its word was finished.
//
// The key marks at once, with no word. Then the field takes the focus, for a word to that moment, which makes a mark of its
// own there; while no word is begun it gives the focus up by itself, so that the key marks again. Pressed in the field,
// the key may begin a word: where nothing follows, its letter is no word but one more mark.

import { latinKey } from "../page/keys.js";

/** By `latinKey`. */
export const MARK_KEY = "m";
const WORD_WITHIN = 4_000; // ms after the last key, until which a word must have begun

export class Marks {
  #field;
  #mark;
  /** performance.now() of what a word would be for; null while nobody is about to write one. @type {number | null} */
  #wanted = null;
  #marked = false; // whether that moment has its mark already
  /** The key, pressed in the empty field: what it typed, and when. @type {{letter: string, at: number} | null} */
  #again = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;

  /**
   * @param {HTMLFormElement} form @param {HTMLInputElement} field
   * @param {(text: string, ago: number) => void} mark `ago`: how many ms before now the moment was
   */
  constructor(form, field, mark) {
    this.#field = field;
    this.#mark = mark;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!this.#isLone() && (text !== "" || !this.#marked)) this.#at(this.#wanted, text);
      this.#clear();
    });
    field.addEventListener("focus", () => { this.#wanted ??= performance.now(); });
    field.addEventListener("blur", () => { if (field.value === "" || this.#isLone()) this.#clear(); });
    field.addEventListener("input", () => this.#await());
    field.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** What the key does outside of fields. */
  press() {
    this.#mark("", 0);
    if (this.#field.value !== "") return; // a word for another moment lies there
    this.#wanted = performance.now();
    this.#marked = true;
    this.#field.focus();
    this.#await();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") return this.#clear();
    if (latinKey(event) !== MARK_KEY || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.repeat) event.preventDefault(); // it is still held down
    else if (this.#field.value === "") this.#again = { letter: event.key, at: performance.now() };
  }

  /** Whether nothing but the key's own letter is in the field. */
  #isLone() {
    return this.#again !== null && this.#field.value.trim() === this.#again.letter;
  }

  /** @param {number | null} moment null: now @param {string} text */
  #at(moment, text) {
    this.#mark(text, moment === null ? 0 : Math.round(performance.now() - moment));
  }

  #await() {
    clearTimeout(this.#leaving);
    if (!this.#marked) return;
    this.#leaving = setTimeout(() => { if (this.#field.value === "" || this.#isLone()) this.#clear(); }, WORD_WITHIN);
  }

  #clear() {
    clearTimeout(this.#leaving);
    if (this.#isLone()) this.#at(this.#again?.at ?? null, "");
    this.#again = null;
    this.#wanted = null;
    this.#marked = false;
    this.#field.value = "";
    this.#field.blur();
  }
}
