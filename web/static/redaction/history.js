// @ts-check
// What was done, so that it can be undone and done again. Pure: it keeps states, and knows nothing of what they are.

const KEPT = 200; // states

/** @template T */
export class History {
  /** @type {T[]} */
  #before = [];
  /** @type {T[]} */
  #after = [];
  #present;
  #kind = "";

  /** @param {T} present */
  constructor(present) {
    this.#present = present;
  }

  get present() {
    return this.#present;
  }

  get canUndo() {
    return this.#before.length > 0;
  }

  get canRedo() {
    return this.#after.length > 0;
  }

  /**
   * @param {T} next @param {string} [kind] of a change in many small steps (a box moved by the keyboard): those that
   *   follow each other are undone together
   */
  go(next, kind = "") {
    if (next === this.#present) return;
    if (kind === "" || kind !== this.#kind) this.#before.push(this.#present);
    if (this.#before.length > KEPT) this.#before.shift();
    this.#after = [];
    this.#present = next;
    this.#kind = kind;
  }

  /** What comes next is a step of its own. */
  rest() {
    this.#kind = "";
  }

  undo() {
    this.#step(this.#before, this.#after);
  }

  redo() {
    this.#step(this.#after, this.#before);
  }

  /** @param {T[]} from @param {T[]} to */
  #step(from, to) {
    const next = from.pop();
    if (next === undefined) return;
    to.push(this.#present);
    this.#present = next;
    this.rest();
  }
}
