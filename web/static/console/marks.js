// @ts-check
// A mark is of the moment in which it was wanted, not of the moment in which its word was finished.
//
// The key marks at once, with no word. Then the field takes the focus, for a word to that mark; while no word is begun it
// gives the focus up by itself, so that the key marks again. Pressed in the field, the key may begin a word: where nothing
// follows, its letter is no word but one more mark.

import { latinKey } from "../page/keys.js";

/** By `latinKey`. */
export const MARK_KEY = "m";
const WORD_WITHIN = 4_000; // ms after the last key, until which a word must have begun

/**
 * `ago`: how many ms before now the moment was.
 *
 * @typedef {object} Asks
 * @property {(text: string, ago: number) => Promise<{at: number} | null>} mark the mark, once it is made; null: refused
 * @property {(made: Promise<{at: number} | null>, text: string, ago: number) => void} name gives a mark its word
 */

export class Marks {
  #field;
  #asks;
  /** performance.now() of what a word would be for; null while no word is begun. @type {number | null} */
  #wanted = null;
  /** The mark that the key has made for that moment. @type {Promise<{at: number} | null> | null} */
  #made = null;
  /** The key, pressed in the empty field: what it typed, and when. @type {{letter: string, at: number} | null} */
  #again = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;

  /** @param {HTMLFormElement} form @param {HTMLInputElement} field @param {Asks} asks */
  constructor(form, field, asks) {
    this.#field = field;
    this.#asks = asks;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!this.#isLone() && (text !== "" || !this.#made)) this.#at(this.#wanted, text, this.#made);
      this.#clear();
    });
    field.addEventListener("focus", () => { this.#wanted ??= performance.now(); });
    field.addEventListener("blur", () => { if (field.value === "" || this.#isLone()) this.#clear(); });
    field.addEventListener("input", () => this.#await());
    field.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** What the key does outside of fields. */
  press() {
    const made = this.#asks.mark("", 0);
    if (this.#field.value !== "") return; // a word for another moment is there
    this.#wanted = performance.now();
    this.#made = made;
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

  /** @param {number | null} moment null: now @param {string} text @param {Promise<{at: number} | null> | null} [made] whose word it is */
  #at(moment, text, made = null) {
    const ago = moment === null ? 0 : Math.round(performance.now() - moment);
    if (made) this.#asks.name(made, text, ago);
    else void this.#asks.mark(text, ago);
  }

  #await() {
    clearTimeout(this.#leaving);
    if (!this.#made) return;
    this.#leaving = setTimeout(() => { if (this.#field.value === "" || this.#isLone()) this.#clear(); }, WORD_WITHIN);
  }

  #clear() {
    clearTimeout(this.#leaving);
    if (this.#isLone()) this.#at(this.#again?.at ?? null, "");
    this.#again = null;
    this.#wanted = null;
    this.#made = null;
    this.#field.value = "";
    this.#field.blur();
  }
}
