// @ts-check
// The verification strip under the timeline: green where every track has been verified, red where something
// failed, hatched where nothing was recorded, violet where something is left out by order, grey where nothing has been read yet.

import { makeSvg } from "../page/elements.js";

/** @import { Reading, RecordState } from "./reading.js" */
/** @import { Span } from "./timeline.js" */

const CELLS = 500;
const UNIT = 2; // width of a cell, in the drawing's own units

/**
 * Draws it, and again once more has been checked.
 *
 * @param {SVGElement} svg @param {Reading} reading with all its records @param {readonly Span[]} [left] out of it by order
 */
export function showStrip(svg, reading, left = []) {
  let drawing = 0;
  const draw = () => {
    drawing = 0;
    const cells = cellsOf(reading, left);
    const rectangles = [];
    for (let from = 0; from < CELLS; ) {
      let to = from + 1;
      while (to < CELLS && cells[to] === cells[from]) to += 1;
      rectangles.push(makeSvg("rect", { class: cells[from], x: from * UNIT, y: 0, width: (to - from) * UNIT, height: 10 }));
      from = to;
    }
    svg.replaceChildren(...rectangles);
  };
  for (const type of ["verified", "failed"]) {
    reading.addEventListener(type, () => (drawing ||= requestAnimationFrame(draw)));
  }
  draw();
}

/** @param {Reading} reading @param {readonly Span[]} left @returns {("none" | "excluded" | RecordState)[]} */
function cellsOf(reading, left) {
  const { begin, end } = reading.timeline;
  const cell = Math.max(1, end - begin) / CELLS; // µs
  /** What the pieces of media are that touch each cell. @type {Set<RecordState>[]} */
  const touching = Array.from({ length: CELLS }, () => new Set());
  for (const { index, kind, start, duration } of reading.records) {
    if (kind !== "media") continue;
    // A hundredth of a cell to the inside: fragments that only meet a cell's edge do not belong to it.
    const first = Math.max(0, Math.floor((start - begin) / cell + 0.01));
    const last = Math.max(first + 1, Math.ceil((start - begin + duration) / cell - 0.01));
    for (const states of touching.slice(first, last)) states.add(reading.state(index));
  }
  return touching.map((states, i) => {
    const middle = begin + (i + 0.5) * cell;
    if (states.size === 0) return left.some(({ from, to }) => from <= middle && middle < to) ? "excluded" : "none";
    return states.has("failed") ? "failed" : states.has("unread") ? "unread" : "verified";
  });
}
