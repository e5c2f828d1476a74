// @ts-check
// Stretches of a film that are not shown, neither by playing nor by seeking, until somebody has one shown after all. Pure.

/** @import { Span } from "./timeline.js" */

export class Passed {
  /** @type {readonly Span[]} */
  #spans = [];

  /** From here on these and no others. @param {readonly Span[]} spans */
  set(spans) {
    this.#spans = spans;
  }

  /** Show one of them after all. @param {Span} span */
  admit(span) {
    this.#spans = this.#spans.filter((one) => one !== span);
  }

  /** The first moment from `at` on that is not passed over, `end` at most. @param {number} at µs @param {number} end @returns {number} */
  over(at, end) {
    const over = this.#spans.find(({ from, to }) => from <= at && at < to);
    if (!over) return at;
    return over.to < end ? this.over(over.to, end) : end;
  }
}
