// @ts-check
// The body map of a guided set: drawings of each side with their regions, and a pin for each injury, which the arrow keys
// move. A region is a button: with the keyboard, an injury begins in its middle.

import { elements, inside, makeButton } from "../page/elements.js";
import { arrowOf } from "../page/keys.js";
import { say } from "../page/words.js";

/** @import { Injury } from "./exam_places.js" */
/**
 * @typedef {object} Acts
 * @property {(at: number) => void} choose the injury at this place of the list @property {(at: number) => void} moved
 * @property {(place: Placed) => void} add @property {(at: number) => boolean} isComplete
 */

const STEP = 10; // thousandths that an arrow key moves a pin

/** Where a pin is: x and y in thousandths of the drawing. @typedef {{side: string, region: string, x: number, y: number}} Placed */

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
      const side = drawing.dataset.side ?? "front";
      const svg = inside(drawing, "svg", SVGSVGElement);
      svg.addEventListener("click", (event) => {
        const { left, top, width, height } = svg.getBoundingClientRect();
        acts.add(placeAt(svg, side, within((1000 * (event.clientX - left)) / width), within((1000 * (event.clientY - top)) / height)));
      });
      svg.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        acts.add(middleOf(/** @type {SVGElement} */ (event.target), side));
      });
    }
  }

  /** The name of the region in which an injury is. @param {Injury} injury */
  regionName({ side, region }) {
    return this.#drawing(side).querySelector(`[data-region="${region}"]`)?.getAttribute("aria-label") ?? "";
  }

  /** The first region of the side that is shown. @returns {SVGElement} */
  get first() {
    return inside(this.#drawing(this.side), ".place", SVGElement);
  }

  /** @param {string} side */
  #drawing(side) {
    return /** @type {HTMLElement} */ (this.#drawings.find((drawing) => drawing.dataset.side === side));
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
      const pins = [...this.#injuries.entries()].filter(([, { side, removed }]) => side === drawing.dataset.side && !removed);
      drawing.querySelector(".pins")?.replaceChildren(...pins.map(([at]) => this.#pin(at, chosen)));
    }
    for (const mark of elements("[data-count]")) {
      const number = this.#injuries.filter(({ side, removed }) => side === mark.dataset.count && !removed).length;
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
    Object.assign(injury, placeAt(inside(this.#drawing(injury.side), "svg", SVGSVGElement), injury.side, injury.x, injury.y));
    this.#put(pin, at);
    this.#acts.moved(at);
  }
}

/** @param {SVGElement} region @param {string} side @returns {Placed} */
const middleOf = ({ dataset }, side) => ({ side, region: dataset.region ?? "", x: Number(dataset.x), y: Number(dataset.y) });

/**
 * The region at a point, the topmost; beside the outline the nearest one.
 *
 * @param {SVGSVGElement} svg @param {string} side @param {number} x @param {number} y @returns {Placed}
 */
function placeAt(svg, side, x, y) {
  const { width, height } = svg.viewBox.baseVal;
  const point = new DOMPoint((x * width) / 1000, (y * height) / 1000);
  const regions = elements(".place", SVGPathElement, svg);
  const off = (/** @type {SVGElement} */ { dataset }) => Math.hypot((Number(dataset.x) - x) * width, (Number(dataset.y) - y) * height);
  const found = regions.findLast((one) => one.isPointInFill(point)) ?? regions.reduce((one, other) => (off(other) < off(one) ? other : one));
  return { side, region: found.dataset.region ?? "", x, y };
}
