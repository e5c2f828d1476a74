// @ts-check
// Which stretch of a recording a timeline shows, and where a moment is in it. Pure arithmetic.

const LEAST = 1_000_000; // µs, the closest view
const STEPS = Object.freeze([0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]); // seconds between two marks

export class View {
  /** @param {number} begin of the recording, µs @param {number} end */
  constructor(begin, end) {
    this.begin = begin;
    this.end = Math.max(end, begin + LEAST);
    this.from = this.begin;
    this.to = this.end;
  }

  get length() {
    return this.to - this.from;
  }

  get isWhole() {
    return this.from === this.begin && this.to === this.end;
  }

  /** @param {number} at @param {number} width px @returns {number} px */
  place(at, width) {
    return ((at - this.from) / this.length) * width;
  }

  /** @param {number} x px @param {number} width @returns {number} µs, inside the recording */
  moment(x, width) {
    return this.#inside(Math.round(this.from + (x / Math.max(1, width)) * this.length));
  }

  /** Shows this many times as much, with one moment staying where it is. @param {number} factor @param {number} around µs */
  zoom(factor, around) {
    const length = Math.min(this.end - this.begin, Math.max(LEAST, Math.round(this.length * factor)));
    const held = this.#inside(around);
    const share = Math.min(1, Math.max(0, (held - this.from) / this.length));
    this.#show(Math.round(held - share * length), length);
  }

  /** @param {number} from µs */
  move(from) {
    this.#show(from, this.length);
  }

  /** Goes on to a moment that has left the view. @param {number} at @returns {boolean} whether it had */
  follow(at) {
    if (this.from <= at && at <= this.to) return false;
    this.#show(at - Math.round(this.length / 20), this.length);
    return true;
  }

  whole() {
    [this.from, this.to] = [this.begin, this.end];
  }

  /** Moments to be written on the line, so far apart that they can be read. @param {number} width px @param {number} apart px @returns {number[]} µs */
  marks(width, apart) {
    const least = (this.length / Math.max(1, width)) * apart;
    const step = (STEPS.find((seconds) => seconds * 1e6 >= least) ?? 7200) * 1e6;
    const marks = [];
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) marks.push(at);
    return marks;
  }

  /** @param {number} from @param {number} length */
  #show(from, length) {
    this.from = Math.min(Math.max(this.begin, from), this.end - length);
    this.to = this.from + length;
  }

  /** @param {number} at */
  #inside(at) {
    return Math.min(this.end, Math.max(this.begin, at));
  }
}
