// @ts-check
// Which regions of the body were looked at in a guided set: those with an injury, and those where nothing is seen; and
// which she did not want to have examined.

import { element, elements, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Injury } from "./exam_places.js" */

export class Regions {
  #injuries;
  #unseen;
  #editable;
  #declined;
  #boxes = elements("[data-unseen]", HTMLInputElement);
  #refusals = elements("[data-declined]", HTMLInputElement);
  /** How many were looked at, where the notes cannot be read now. @type {number | null} */
  #counted = "locked" in element("set").dataset ? Number(element("set").dataset.regions) : null;

  /**
   * @param {readonly Injury[]} injuries @param {Set<string>} unseen @param {Set<string>} declined all read whenever it is drawn
   * @param {boolean} editable @param {() => void} changed
   */
  constructor(injuries, unseen, declined, editable, changed) {
    this.#injuries = injuries;
    this.#unseen = unseen;
    this.#declined = declined;
    this.#editable = editable;
    for (const box of this.#boxes) {
      box.addEventListener("change", () => {
        const side = box.dataset.unseen ?? "";
        declined.delete(side);
        if (box.checked) unseen.add(side);
        else unseen.delete(side);
        changed();
      });
    }
    for (const box of this.#refusals) {
      box.addEventListener("change", () => {
        const side = box.dataset.declined ?? "";
        unseen.delete(side);
        if (box.checked) declined.add(side);
        else declined.delete(side);
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
    for (const box of this.#refusals) {
      const side = box.dataset.declined ?? "";
      box.checked = this.#declined.has(side);
      box.disabled = !this.#editable || this.#hasInjury(side);
    }
    for (const mark of elements("[data-looked]")) mark.hidden = !this.#unseen.has(mark.dataset.looked ?? "");
    const looked = this.#boxes.length - this.#left().length - this.#declined.size;
    setText("regions", say("regions", { looked: this.#counted ?? looked, all: this.#boxes.length }));
  }

  /** What is still missing of them, in words. @returns {string[]} */
  missing() {
    if (this.#counted !== null) return this.#counted < this.#boxes.length ? [say("missing.regions.some")] : [];
    const left = this.#left().map((side) => say(`side.${side}`));
    return left.length ? [say("missing.regions", { what: left.join(say("comma")) })] : [];
  }

  #left() {
    const sides = this.#boxes.map((box) => box.dataset.unseen ?? "");
    return sides.filter((side) => !this.#unseen.has(side) && !this.#declined.has(side) && !this.#hasInjury(side));
  }

  /** @param {string} side */
  #hasInjury(side) {
    return this.#injuries.some((injury) => injury.side === side && !injury.removed);
  }
}
