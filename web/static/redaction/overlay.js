// @ts-check
// What is over one camera's picture: the boxes that cover something at this moment, which are drawn, moved and
// resized there by pointer, touch and keyboard.
//
// The layer is the 16:9 frame that holds the whole picture, so a place on it in ten-thousandths is a place in the
// edits. Moving a box sets a key at the moment that is shown.

import { between, fit, heldAt, boxAt, WHOLE } from "./paths.js";
import { regionName } from "./words.js";
import { arrowOf } from "../page/keys.js";
import { leftToRight, make } from "../page/elements.js";

/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Box } from "./paths.js" */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{shape: import("./edits.js").Shape, cover: import("./edits.js").Cover}} How */
/** What is being dragged. @typedef {{move: (to: Point) => Box, end: (box: Box) => void, shown: HTMLElement, box: Box | null}} Drag */

const STEP = 100; // one hundredth of the frame
const FINE = 10;
const LEAST = 100; // a smaller box was no drawing but a press
const CORNERS = Object.freeze(["nw", "ne", "sw", "se"]);

export class Overlay {
  #desk;
  #clock;
  #how;
  #layer;
  #draft = make("div", "box box-draft");
  /** @type {Map<number, HTMLElement>} by place in the edits */
  #boxes = new Map();
  /** @type {Drag | null} */
  #drag = null;

  /**
   * @param {HTMLElement} frame the camera's @param {string} picture its name
   * @param {{desk: Desk, clock: Clock, how: () => How}} hands
   */
  constructor(frame, picture, { desk, clock, how }) {
    this.picture = picture;
    this.#desk = desk;
    this.#clock = clock;
    this.#how = how;
    this.#layer = leftToRight(make("div", "layer", this.#draft));
    this.#draft.hidden = true;
    this.#layer.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#layer.addEventListener("pointermove", (event) => this.#move(event));
    this.#layer.addEventListener("pointerup", (event) => this.#end(event));
    this.#layer.addEventListener("pointercancel", () => this.#forget());
    frame.append(this.#layer);
  }

  /** What is drawn on. */
  get layer() {
    return this.#layer;
  }

  /** Shows every box where it is now. */
  render() {
    const { edits, part, chosen } = this.#desk;
    const { at } = this.#clock;
    const mine = edits.regions.flatMap((region, index) =>
      region.picture === this.picture && region.evidence === part?.evidence ? [{ region, index }] : [],
    );
    for (const [index, box] of this.#boxes) {
      if (mine.some((one) => one.index === index)) continue;
      box.remove();
      this.#boxes.delete(index);
    }
    for (const { region, index } of mine) {
      const isChosen = chosen?.kind === "regions" && chosen.index === index;
      const box = boxAt(region.path, at) ?? (isChosen ? heldAt(region.path, at) : null);
      const shown = this.#boxes.get(index) ?? this.#add(index);
      shown.hidden = box === null;
      if (!box) continue;
      if (this.#drag?.shown !== shown) place(shown, box);
      const absent = boxAt(region.path, at) === null;
      const className = `box box-${region.shape} box-${region.cover}${isChosen ? " chosen" : ""}${absent ? " absent" : ""}`;
      if (shown.className === className) continue; // at every picture of a playing film
      shown.className = className;
      shown.setAttribute("aria-pressed", String(isChosen));
      shown.setAttribute("aria-label", regionName(region, index));
    }
  }

  /** Puts the keyboard onto a box. @param {number} index */
  focus(index) {
    this.#boxes.get(index)?.focus();
  }

  /** @param {number} index */
  #add(index) {
    const box = make("div", "box");
    box.tabIndex = 0;
    box.setAttribute("role", "button");
    box.setAttribute("aria-describedby", "box-help");
    box.dataset.index = String(index);
    for (const corner of CORNERS) {
      const handle = make("span", `handle handle-${corner}`);
      handle.dataset.corner = corner;
      box.append(handle);
    }
    box.addEventListener("focus", () => this.#desk.choose({ kind: "regions", index }));
    box.addEventListener("keydown", (event) => this.#key(event, index));
    this.#layer.append(box);
    this.#boxes.set(index, box);
    return box;
  }

  // --- by pointer -------------------------------------------------------------------------------

  /** @param {PointerEvent} event @returns {Point} in ten-thousandths of the frame */
  #point({ clientX, clientY }) {
    const { left, top, width, height } = this.#layer.getBoundingClientRect();
    return { x: ((clientX - left) / width) * WHOLE, y: ((clientY - top) / height) * WHOLE };
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.button !== 0 || !(event.target instanceof HTMLElement) || this.#drag) return;
    event.preventDefault(); // no text is chosen, and no picture dragged away
    this.#clock.rest();
    this.#layer.setPointerCapture(event.pointerId);
    const from = this.#point(event);
    const shown = /** @type {HTMLElement | null} */ (event.target.closest(".box[data-index]"));
    this.#drag = shown ? this.#hold(shown, event.target.dataset.corner ?? null, from) : this.#draw(from);
  }

  /** A box that is there is moved, or resized by a corner. @param {HTMLElement} shown @param {string | null} corner @param {Point} from @returns {Drag | null} */
  #hold(shown, corner, from) {
    const index = Number(shown.dataset.index);
    shown.focus({ preventScroll: true });
    const region = this.#desk.edits.regions[index];
    if (!region) return null;
    const { at } = this.#clock;
    const was = heldAt(region.path, at);
    const fixed = { x: corner?.includes("w") ? was.x + was.width : was.x, y: corner?.includes("n") ? was.y + was.height : was.y };
    return {
      shown,
      box: null,
      move: (to) => (corner ? between(fixed, to) : fit({ ...was, x: was.x + to.x - from.x, y: was.y + to.y - from.y })),
      end: (box) => this.#desk.setKey(index, at, box),
    };
  }

  /** @param {Point} from @returns {Drag} */
  #draw(from) {
    const { at } = this.#clock;
    const how = this.#how();
    this.#draft.className = `box box-draft box-${how.shape}`;
    return {
      shown: this.#draft,
      box: null,
      move: (to) => between(from, to),
      end: (box) => {
        if (box.width < LEAST || box.height < LEAST) return this.#desk.choose(null);
        this.#desk.cover({ ...how, picture: this.picture }, at, box);
        this.focus(this.#desk.edits.regions.length - 1);
      },
    };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    this.#drag.box = this.#drag.move(this.#point(event));
    this.#drag.shown.hidden = false;
    place(this.#drag.shown, this.#drag.box);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    const drag = this.#drag;
    this.#forget();
    if (!drag) return;
    if (drag.box) drag.end(drag.move(this.#point(event)));
    else if (drag.shown === this.#draft) this.#desk.choose(null);
  }

  #forget() {
    this.#drag = null;
    this.#draft.hidden = true;
    this.render();
  }

  // --- by keyboard ------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event @param {number} index */
  #key(event, index) {
    const arrow = arrowOf(event);
    const region = this.#desk.edits.regions[index];
    if (!arrow || !region || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // the film does not move with it
    this.#clock.rest();
    const { at } = this.#clock;
    const box = heldAt(region.path, at);
    const step = event.ctrlKey ? FINE : STEP;
    const [x, y] = [arrow.x * step, arrow.y * step];
    const moved = event.shiftKey
      ? { ...box, width: Math.min(WHOLE - box.x, box.width + x), height: Math.min(WHOLE - box.y, box.height + y) }
      : { ...box, x: box.x + x, y: box.y + y };
    this.#desk.setKey(index, at, fit(moved), `key ${index} ${at}`);
  }
}

/** Puts a box of the edits over the frame. @param {HTMLElement} shown @param {Box} box */
export function place(shown, { x, y, width, height }) {
  const share = (/** @type {number} */ n) => `${n / 100}%`;
  shown.style.insetInlineStart = share(x);
  shown.style.insetBlockStart = share(y);
  shown.style.inlineSize = share(width);
  shown.style.blockSize = share(height);
}

/** A box in the middle, for drawing without a pointer: as high as a face near the camera. */
export const MIDDLE = Object.freeze({ x: 4000, y: 3000, width: 2000, height: 3555 });

