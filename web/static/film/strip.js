// @ts-check
// The verification strip under the timeline: green where every track has been verified, red where something
// failed, hatched where nothing was recorded, violet where something is left out by order, grey where nothing has been read yet.

import { makeSvg } from "../page/elements.js";

/** @import { Reading } from "./reading.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Span } from "./timeline.js" */
/** @typedef {"none" | "unread" | "verified" | "failed" | "excluded"} CellState */

const CELLS = 500;
const WIDTH = 1000; // of the drawing, in its own units

export class Strip {
  #svg;
  #reading;
  #begin;
  #length;
  /** How many pieces of media touch each cell, and how many of them have been verified or have failed. */
  #pieces = new Uint32Array(CELLS);
  #verified = new Uint32Array(CELLS);
  #failed = new Uint32Array(CELLS);
  #drawing = 0;
  #left;

  /** @param {SVGElement} svg @param {Reading} reading with all its records @param {readonly Span[]} [left] out of it by order */
  constructor(svg, reading, left = []) {
    this.#svg = svg;
    this.#left = left;
    this.#reading = reading;
    this.#begin = reading.timeline.begin;
    this.#length = Math.max(1, reading.timeline.end - this.#begin);
    for (const record of reading.records) {
      this.#count(record, this.#pieces);
      if (reading.state(record.index) === "verified") this.#count(record, this.#verified);
      if (reading.state(record.index) === "failed") this.#count(record, this.#failed);
    }
    reading.addEventListener("verified", (event) => this.#changed(event, this.#verified));
    reading.addEventListener("failed", (event) => this.#changed(event, this.#failed));
    this.#draw();
  }

  /** @param {Event} event @param {Uint32Array} counts */
  #changed(event, counts) {
    const record = this.#reading.record(/** @type {CustomEvent} */ (event).detail.index);
    if (record) this.#count(record, counts);
    if (this.#drawing === 0) this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /** @param {FilmRecord} record @param {Uint32Array} counts */
  #count(record, counts) {
    if (record.kind !== "media") return;
    // A hundredth of a cell to the inside: fragments that only meet a cell's edge do not belong to it.
    const start = record.start - this.#begin;
    const first = Math.floor((start / this.#length) * CELLS + 0.01);
    const last = Math.ceil(((start + record.duration) / this.#length) * CELLS - 0.01);
    for (let cell = Math.max(0, first); cell < Math.min(CELLS, Math.max(last, first + 1)); cell += 1) {
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }

  /** @param {number} cell @returns {CellState} */
  #stateOf(cell) {
    if (this.#failed[cell]) return "failed";
    if (!this.#pieces[cell]) return this.#leftOut(cell) ? "excluded" : "none";
    return this.#verified[cell] === this.#pieces[cell] ? "verified" : "unread";
  }

  /** @param {number} cell */
  #leftOut(cell) {
    const middle = this.#begin + ((cell + 0.5) / CELLS) * this.#length;
    return this.#left.some(({ from, to }) => from <= middle && middle < to);
  }

  #draw() {
    this.#drawing = 0;
    const rectangles = [];
    for (let from = 0; from < CELLS; ) {
      const state = this.#stateOf(from);
      let to = from + 1;
      while (to < CELLS && this.#stateOf(to) === state) to += 1;
      const unit = WIDTH / CELLS;
      rectangles.push(makeSvg("rect", { class: state, x: from * unit, y: 0, width: (to - from) * unit, height: 10 }));
      from = to;
    }
    this.#svg.replaceChildren(...rectangles);
  }
}
