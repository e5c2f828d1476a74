// @ts-check
// Which regions of the body were looked at in a guided set: those with an injury, and those where nothing is seen.

import { element, elements, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Injury } from "./exam_places.js" */

export class Regions {
  #injuries;
  #unseen;
  #editable;
  #boxes = elements("[data-unseen]", HTMLInputElement);
  /** How many were looked at, where the notes cannot be read now. @type {number | null} */
  #counted = "locked" in element("set").dataset ? Number(element("set").dataset.regions) : null;

  /** @param {readonly Injury[]} injuries @param {Set<string>} unseen read whenever it is drawn @param {boolean} editable @param {() => void} changed */
  constructor(injuries, unseen, editable, changed) {
    this.#injuries = injuries;
    this.#unseen = unseen;
    this.#editable = editable;
    for (const box of this.#boxes) {
      box.addEventListener("change", () => {
        if (box.checked) unseen.add(box.dataset.unseen ?? "");
        else unseen.delete(box.dataset.unseen ?? "");
        changed();
      });
    }
  }

  draw() {
    for (const box of this.#boxes) {
      const side = box.dataset.unseen ?? "";
      box.checked = this.#unseen.has(side);
      box.disabled = !this.#editable || this.#hasInjury(side);
    }
    for (const mark of elements("[data-looked]")) mark.hidden = !this.#unseen.has(mark.dataset.looked ?? "");
    setText("regions", say("regions", { looked: this.#counted ?? this.#boxes.length - this.#left().length, all: this.#boxes.length }));
  }

  /** What is still missing of them, in words. @returns {string[]} */
  missing() {
    if (this.#counted !== null) return this.#counted < this.#boxes.length ? [say("missing.regions.some")] : [];
    const left = this.#left().map((side) => say(`side.${side}`));
    return left.length ? [say("missing.regions", { what: left.join(say("comma")) })] : [];
  }

  #left() {
    const sides = this.#boxes.map((box) => box.dataset.unseen ?? "");
    return sides.filter((side) => !this.#unseen.has(side) && !this.#hasInjury(side));
  }

  /** @param {string} side */
  #hasInjury(side) {
    return this.#injuries.some((injury) => injury.side === side && !injury.removed);
  }
}
