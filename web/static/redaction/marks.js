// @ts-check
// From when until when: two marks, set where the film stands or typed, and what is done between them.

import { exactTime, readTime } from "../page/times.js";
import { element, onPress } from "../page/elements.js";

/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Stretches } from "./edits.js" */
/** @typedef {"from" | "to"} Mark */

const MARKS = /** @type {readonly Mark[]} */ (Object.freeze(["from", "to"]));

export class Marks extends EventTarget {
  /** @type {{from: number | null, to: number | null}} µs */
  at = { from: null, to: null };
  #desk;
  #clock;

  /** @param {Desk} desk @param {Clock} clock @param {AbortSignal} signal */
  constructor(desk, clock, signal) {
    super();
    this.#desk = desk;
    this.#clock = clock;
    for (const mark of MARKS) {
      this.#field(mark).addEventListener("change", () => this.#typed(mark), { signal });
      onPress(`mark-${mark}-here`, () => this.here(mark), signal);
    }
    onPress("silence", () => this.add("bleeps"), signal);
    onPress("cut", () => this.add("cuts"), signal);
    onPress("move-stretch", () => this.#between((from, to) => desk.moveStretch(from, to)), signal);
    desk.addEventListener("change", () => this.#follow(), { signal });
    for (const mark of MARKS) this.#set(mark, null);
  }

  /** @param {Mark} mark */
  #field(mark) {
    return element(`mark-${mark}`, HTMLInputElement);
  }

  /** Sets a mark where the film is. @param {Mark} mark */
  here(mark) {
    this.#set(mark, this.#clock.at);
    this.#desk.dispatchEvent(new CustomEvent("said", { detail: { code: `marked.${mark}`, values: { at: this.#clock.at } } }));
  }

  /** @param {Mark} mark @param {number | null} at */
  #set(mark, at) {
    this.at = { ...this.at, [mark]: at };
    const field = this.#field(mark);
    field.value = at === null ? "" : exactTime(at);
    field.setAttribute("aria-invalid", "false");
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** @param {Mark} mark @returns {boolean} whether what is typed is a time, or nothing */
  #typed(mark) {
    const field = this.#field(mark);
    // What a mark was set to is more exact than what stands in its field.
    if (this.at[mark] !== null && field.value === exactTime(/** @type {number} */ (this.at[mark]))) return true;
    const at = field.value.trim() === "" ? null : readTime(field.value);
    const wrong = at === null && field.value.trim() !== "";
    if (wrong) {
      field.setAttribute("aria-invalid", "true");
      this.#unfit("no-time");
    } else this.#set(mark, at);
    return !wrong;
  }

  /** @param {Stretches} kind */
  add(kind) {
    this.#between((from, to) => {
      const before = this.#desk.edits;
      this.#desk.addStretch(kind, from, to);
      if (this.#desk.edits !== before) for (const mark of MARKS) this.#set(mark, null);
    });
  }

  /** @param {(from: number, to: number) => void} act */
  #between(act) {
    if (!MARKS.every((mark) => this.#typed(mark))) return;
    const { from, to } = this.at;
    if (from === null || to === null) this.#unfit("no-marks");
    else act(from, to);
  }

  /** A stretch that is chosen stands between the marks, so that they can be moved for it. */
  #follow() {
    const { stretch } = this.#desk;
    element("move-stretch", HTMLButtonElement).hidden = stretch === null;
    if (stretch === this.#shown) return;
    this.#shown = stretch;
    if (!stretch) return;
    this.#set("from", stretch.from);
    this.#set("to", stretch.to);
  }

  /** @type {import("./edits.js").Stretch | null} */
  #shown = null;

  /** @param {string} code */
  #unfit(code) {
    this.#desk.dispatchEvent(new CustomEvent("unfit", { detail: { code, values: {} } }));
  }
}
