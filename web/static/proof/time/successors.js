// @ts-check
// Which timestamp carries another one on: looked up among many, not gone through.
//
// A package may hold thousands of tokens, each renewed by the next. Going through all of them for each would let anyone who
// made it keep a verifier busy for as long as he likes.
//
// Trusts: the tokens, which timestamps.js has proved. Specification: docs/spec/time.md, section 5; Fenwick, "A new data
// structure for cumulative frequency tables" (1994).

/** @import { Stamp } from "./timestamps.js" */

/** The first place in an ordered list from which on `holds`. @param {readonly number[]} list @param {(value: number) => boolean} holds */
function place(list, holds) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first place of a number larger than `value`, in an ascending list. @param {readonly number[]} list @param {number} value */
export const above = (list, value) => place(list, (one) => one > value);

/**
 * Finds, among tokens ordered by size, the earliest over a larger tree that was made in time.
 *
 * A Fenwick tree over the places, from the largest tree down: each node has the tokens of a stretch ordered by the
 * latest time they may be of, and for each the earliest among those up to it.
 */
export class Successors {
  #ordered;
  #sizes;
  /** @type {{latest: number[], earliest: number[]}[]} */
  #nodes;

  /** @param {readonly Stamp[]} ordered @param {(token: Stamp["token"]) => number} latest µs; a token is not from later */
  constructor(ordered, latest) {
    this.#ordered = ordered;
    this.#sizes = ordered.map(({ size }) => size);
    this.#nodes = Array.from({ length: ordered.length + 1 }, () => ({ latest: [], earliest: [] }));
    const bounds = ordered.map(({ token }, at) => ({ at, bound: latest(token) }));
    for (const { at, bound } of bounds.sort((a, b) => a.bound - b.bound)) {
      for (let node = ordered.length - at; node <= ordered.length; node += node & -node) {
        const of = this.#nodes[node];
        of.latest.push(bound);
        of.earliest.push(this.#earlier(of.earliest.at(-1), at));
      }
    }
  }

  /** @param {number} size @param {number} until µs @returns {Stamp | undefined} over a larger tree, and before that */
  earliest(size, until) {
    /** @type {number | undefined} */
    let found;
    for (let node = this.#ordered.length - above(this.#sizes, size); node > 0; node -= node & -node) {
      const of = this.#nodes[node];
      const timely = place(of.latest, (bound) => bound >= until);
      const candidate = of.earliest[timely - 1];
      if (candidate !== undefined) found = this.#earlier(found, candidate);
    }
    return found === undefined ? undefined : this.#ordered[found];
  }

  /** @param {number | undefined} a @param {number} b places @returns {number} */
  #earlier(a, b) {
    if (a === undefined) return b;
    const micros = (/** @type {number} */ at) => this.#ordered[at].token.micros;
    return micros(a) < micros(b) || (micros(a) === micros(b) && a < b) ? a : b;
  }
}
