// @ts-check
// A photograph with handles on it: two ends on a ruler, two corners of what is shown. Each is moved by a pointer or a
// finger, or by the arrow keys, in points of the upright original, however small the picture is on the page.

import { make, makeSvg } from "../page/elements.js";
import { arrowOf } from "../page/keys.js";
import { say } from "../page/words.js";

/** @typedef {"end.0" | "end.1" | "corner.0" | "corner.1"} Name */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{button: HTMLButtonElement, at: Point, placed: boolean}} Handle */

const FAR = 50; // points of one press with Shift

/** @param {number} value @param {number} most */
const within = (value, most) => Math.min(Math.max(Math.round(value), 0), most);

export class Stage {
  /**
   * @param {HTMLElement} box around it @param {HTMLImageElement} picture loaded
   * @param {{width: number, height: number}} size of the upright original
   * @param {(name: Name, at: Point) => void} moved called with what was moved, and when a handle gets the focus
   */
  constructor(box, picture, size, moved) {
    this.#box = box;
    this.#size = size;
    this.#moved = moved;
    this.picture = picture;
    const viewBox = `0 0 ${size.width} ${size.height}`;
    const lines = makeSvg("svg", { viewBox, preserveAspectRatio: "none", "aria-hidden": "true" });
    lines.append(this.#shade, this.#under, this.#over);
    box.replaceChildren(picture, lines);
    const third = (/** @type {number} */ part, /** @type {number} */ all) => Math.round((all * part) / 3);
    this.#add("end.0", { x: third(1, size.width), y: third(1.5, size.height) });
    this.#add("end.1", { x: third(2, size.width), y: third(1.5, size.height) });
    this.#add("corner.0", { x: 0, y: 0 });
    this.#add("corner.1", { x: size.width, y: size.height });
    box.addEventListener("pointerdown", (event) => this.#press(event));
    box.addEventListener("click", (event) => this.#tap(/** @type {PointerEvent} */ (event)));
    this.render();
  }

  #box;
  #size;
  #moved;
  #shade = makeSvg("path", { class: "shade", "fill-rule": "evenodd" });
  #under = makeSvg("line", { class: "under" });
  #over = makeSvg("line", { class: "over" });
  /** @type {Map<Name, Handle>} */
  #handles = new Map();
  /** @type {Name} */
  #active = "end.0";

  /** Whether there is a ruler in it, and whether a part of it is shown: that decides which handles are on it. */
  marked = true;
  cropped = false;

  /** @param {Name} name */
  at(name) {
    return /** @type {Handle} */ (this.#handles.get(name)).at;
  }

  /** Whether both ends were put somewhere. */
  get placed() {
    return [...this.#handles].every(([name, { placed }]) => placed || name.startsWith("corner"));
  }

  /** What is shown, in points. */
  get crop() {
    if (!this.cropped) return { x: 0, y: 0, ...this.#size };
    const [a, b] = [this.at("corner.0"), this.at("corner.1")];
    return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
  }

  /** Shows every handle where it is. */
  render() {
    for (const [name, { button, at, placed }] of this.#handles) {
      button.hidden = name.startsWith("end") ? !this.marked : !this.cropped;
      button.style.insetInlineStart = `${(100 * at.x) / this.#size.width}%`;
      button.style.insetBlockStart = `${(100 * at.y) / this.#size.height}%`;
      button.setAttribute("aria-label", say("at", { what: say(name), x: at.x, y: at.y }));
      button.classList.toggle("unplaced", !placed && name.startsWith("end"));
    }
    const [a, b] = [this.at("end.0"), this.at("end.1")];
    for (const line of [this.#under, this.#over]) {
      line.toggleAttribute("hidden", !this.marked);
      for (const [key, value] of Object.entries({ x1: a.x, y1: a.y, x2: b.x, y2: b.y })) line.setAttribute(key, String(value));
    }
    const { x, y, width, height } = this.crop;
    const { width: wide, height: high } = this.#size;
    this.#shade.setAttribute("d", `M0 0H${wide}V${high}H0ZM${x} ${y}h${width}v${height}h${-width}Z`);
  }

  /** @param {Name} name @param {Point} at */
  #add(name, at) {
    const button = make("button", `handle ${name.startsWith("end") ? "end" : "corner"}`);
    button.type = "button";
    button.setAttribute("aria-describedby", "help");
    button.addEventListener("focus", () => this.#take(name));
    button.addEventListener("keydown", (event) => this.#key(name, event));
    this.#handles.set(name, { button, at, placed: false });
    this.#box.append(button);
  }

  /** @param {Name} name */
  #take(name) {
    this.#active = name;
    this.#moved(name, this.at(name));
  }

  /** @param {Name} name @param {Point} wanted */
  #move(name, { x, y }) {
    const handle = /** @type {Handle} */ (this.#handles.get(name));
    // A mark is on a point of the picture; a corner may be at its very edge.
    const edge = name.startsWith("end") ? 1 : 0;
    handle.at = { x: within(x, this.#size.width - edge), y: within(y, this.#size.height - edge) };
    handle.placed = true;
    this.render();
    this.#moved(name, handle.at);
  }

  /** @param {Name} name @param {KeyboardEvent} event */
  #key(name, event) {
    const step = arrowOf(event);
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const { x, y } = this.at(name);
    const far = event.shiftKey ? FAR : 1;
    this.#move(name, { x: x + step.x * far, y: y + step.y * far });
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    const on = this.#on(event);
    if (!on && event.pointerType === "touch") return; // the page may be scrolled: only a tap brings something here
    const name = on ?? this.#next();
    if (!name) return;
    event.preventDefault();
    const { button, at } = /** @type {Handle} */ (this.#handles.get(name));
    button.focus({ preventScroll: true });
    const begun = this.#pointed(event);
    // A handle that is taken beside its middle keeps its distance from the pointer; a press elsewhere brings it there.
    const away = on ? { x: at.x - begun.x, y: at.y - begun.y } : { x: 0, y: 0 };
    if (!on) this.#move(name, begun);
    const drag = new AbortController();
    const { signal } = drag;
    this.#box.setPointerCapture(event.pointerId);
    this.#box.addEventListener("pointermove", (moving) => {
      const to = this.#pointed(moving);
      this.#move(name, { x: to.x + away.x, y: to.y + away.y });
    }, { signal });
    for (const over of ["pointerup", "pointercancel"]) this.#box.addEventListener(over, () => drag.abort(), { signal });
  }

  /** A finger's tap beside every handle. @param {PointerEvent} event */
  #tap(event) {
    const name = this.#next();
    if (event.pointerType !== "touch" || this.#on(event) || !name) return;
    this.#move(name, this.#pointed(event));
    this.#handles.get(name)?.button.focus({ preventScroll: true });
  }

  /** The handle that was hit. @param {PointerEvent} event @returns {Name | undefined} */
  #on({ target }) {
    return [...this.#handles].find(([, { button }]) => button === target)?.[0];
  }

  /** What a press beside every handle brings there: an end that was put nowhere yet, or what was moved last. @returns {Name | null} */
  #next() {
    if (this.marked) {
      for (const name of /** @type {const} */ (["end.0", "end.1"])) if (!this.#handles.get(name)?.placed) return name;
    }
    const shown = this.#active.startsWith("end") ? this.marked : this.cropped;
    return shown ? this.#active : null;
  }

  /** @param {PointerEvent} event @returns {Point} in points of the original */
  #pointed({ clientX, clientY }) {
    const { left, top, width, height } = this.#box.getBoundingClientRect();
    return { x: ((clientX - left) / width) * this.#size.width, y: ((clientY - top) / height) * this.#size.height };
  }
}
