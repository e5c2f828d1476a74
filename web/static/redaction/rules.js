// @ts-check
// How much an edit list may hold, and how a page says that something does not fit into one.

export const MOST = Object.freeze({ cuts: 100, bleeps: 400, regions: 100, keys: 5000 });

/** A change that is not possible; the edits are as they were. `code` has a sentence on the page. */
export class Unfit extends Error {
  /** @param {string} code @param {Record<string, unknown>} [values] of its sentence */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}
