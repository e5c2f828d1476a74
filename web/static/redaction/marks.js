// @ts-check
// From when until when: two marks, set at the film's position or typed, and what is done between them.

import { exactTime, readTime } from "../page/times.js";
import { element, onPress } from "../page/elements.js";

/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Stretch, Stretches } from "./edits.js" */
/** µs; null where none is set. @typedef {{from: number | null, to: number | null}} Marked */
/** @typedef {keyof Marked} Mark */

const MARKS = /** @type {readonly Mark[]} */ (Object.freeze(["from", "to"]));

/** @param {Mark} mark */
const fieldOf = (mark) => element(`mark-${mark}`, HTMLInputElement);

/**
 * Has them set and used, on the page and by what it returns.
 *
 * @param {Desk} desk @param {Clock} clock @param {Marked} at where they are
 * @param {() => void} changed one of them is somewhere else now @param {AbortSignal} signal
 */
export function prepareMarks(desk, clock, at, changed, signal) {
  /** @type {Stretch | null} */
  let shown = null;

  /** @param {Mark} mark @param {number | null} moment */
  function set(mark, moment) {
    at[mark] = moment;
    fieldOf(mark).value = moment === null ? "" : exactTime(moment);
    fieldOf(mark).setAttribute("aria-invalid", "false");
    changed();
  }

  /** @param {Mark} mark @returns {boolean} whether what is typed is a time, or nothing */
  function takeTyped(mark) {
    const field = fieldOf(mark);
    const text = field.value.trim();
    const before = at[mark];
    // What a mark was set to is more exact than the text in its field.
    if (before !== null && text === exactTime(before)) return true;
    const moment = readTime(text);
    if (text === "" || moment !== null) {
      set(mark, moment);
      return true;
    }
    field.setAttribute("aria-invalid", "true");
    desk.say("unfit", "no-time");
    return false;
  }

  /** @param {(from: number, to: number) => void} act */
  function between(act) {
    if (!MARKS.every(takeTyped)) return;
    if (at.from === null || at.to === null) desk.say("unfit", "no-marks");
    else act(at.from, at.to);
  }

  /** Sets a mark where the film is. @param {Mark} mark */
  function here(mark) {
    set(mark, clock.at);
    desk.say("said", `marked.${mark}`, { at: clock.at });
  }

  /** @param {Stretches} kind */
  function add(kind) {
    between((from, to) => {
      const before = desk.edits;
      desk.addStretch(kind, from, to);
      if (desk.edits !== before) for (const mark of MARKS) set(mark, null);
    });
  }

  for (const mark of MARKS) {
    fieldOf(mark).addEventListener("change", () => takeTyped(mark), { signal });
    onPress(`mark-${mark}-here`, () => here(mark), signal);
    set(mark, null);
  }
  onPress("silence", () => add("bleeps"), signal);
  onPress("cut", () => add("cuts"), signal);
  onPress("move-stretch", () => between((from, to) => desk.moveStretch(from, to)), signal);
  // The marks are at the ends of the chosen stretch, so that they can be moved for it.
  desk.addEventListener("change", () => {
    const { stretch } = desk;
    element("move-stretch").hidden = stretch === null;
    if (stretch === shown) return;
    shown = stretch;
    if (stretch) for (const mark of MARKS) set(mark, stretch[mark]);
  }, { signal });
  return { here, add };
}
