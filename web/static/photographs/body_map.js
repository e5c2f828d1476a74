// @ts-check
// The body map of a guided set: drawings of each side, and a pin for each injury, which the arrow keys move.

import { elements, makeButton } from "../page/elements.js";
import { arrowOf } from "../page/keys.js";
import { say } from "../page/words.js";

/** @import { Injury } from "./exam_places.js" */
/**
 * @typedef {object} Acts
 * @property {(at: number) => void} choose the injury at this place of the list @property {() => void} moved
 * @property {(side: string, x: number, y: number) => void} add @property {(at: number) => boolean} isComplete
 */

const STEP = 10; // thousandths that an arrow key moves a pin

/** @param {number} value thousandths */
const within = (value) => Math.max(0, Math.min(1000, Math.round(value)));

export class BodyMap {
  #injuries;
  #editable;
  #acts;
  #drawings = elements(".region");
  #sides = elements(".sides input", HTMLInputElement);

  /** @param {readonly Injury[]} injuries read whenever it is drawn @param {boolean} editable @param {Acts} acts */
  constructor(injuries, editable, acts) {
    this.#injuries = injuries;
    this.#editable = editable;
    this.#acts = acts;
    for (const radio of this.#sides) {
      radio.addEventListener("change", () => this.turnTo(radio.value));
      if (radio.checked) this.turnTo(radio.value); // it may have been chosen before this was there to hear it
    }
    for (const drawing of editable ? this.#drawings : []) {
      drawing.querySelector("svg")?.addEventListener("click", (event) => {
        const { left, top, width, height } = /** @type {SVGElement} */ (event.currentTarget).getBoundingClientRect();
        const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
        acts.add(drawing.dataset.side ?? "front", within(1000 * x), within(1000 * y));
      });
    }
  }

  /** The side that is shown. */
  get side() {
    return this.#drawings.find((drawing) => !drawing.hidden)?.dataset.side ?? "front";
  }

  /** @param {string} side */
  turnTo(side) {
    for (const drawing of this.#drawings) drawing.hidden = drawing.dataset.side !== side;
    for (const radio of this.#sides) radio.checked = radio.value === side;
  }

  /** @param {number | null} chosen */
  draw(chosen) {
    for (const drawing of this.#drawings) {
      const pins = [...this.#injuries.entries()].filter(([, { side }]) => side === drawing.dataset.side);
      drawing.querySelector(".pins")?.replaceChildren(...pins.map(([at]) => this.#pin(at, chosen)));
    }
    for (const mark of elements("[data-count]")) {
      const number = this.#injuries.filter(({ side }) => side === mark.dataset.count).length;
      mark.hidden = number === 0;
      mark.textContent = String(number);
    }
  }

  /** @param {number} at @param {number | null} chosen */
  #pin(at, chosen) {
    const pin = makeButton("pin", String(at + 1), () => this.#acts.choose(at));
    pin.setAttribute("aria-label", say("pin", { number: at + 1 }));
    this.#put(pin, at);
    pin.classList.toggle("chosen", chosen === at);
    pin.classList.toggle("complete", this.#acts.isComplete(at));
    if (this.#editable) pin.addEventListener("keydown", (event) => this.#move(event, pin, at));
    return pin;
  }

  /** Of a drawing, which is never mirrored. @param {HTMLElement} pin @param {number} at */
  #put(pin, at) {
    pin.style.left = `${this.#injuries[at].x / 10}%`;
    pin.style.top = `${this.#injuries[at].y / 10}%`;
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} pin @param {number} at */
  #move(event, pin, at) {
    const arrow = arrowOf(event);
    if (!arrow) return;
    event.preventDefault();
    const injury = this.#injuries[at];
    injury.x = within(injury.x + arrow.x * STEP);
    injury.y = within(injury.y + arrow.y * STEP);
    this.#put(pin, at);
    this.#acts.moved();
  }
}
