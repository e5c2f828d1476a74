// @ts-check
// The page's end of the line to safety_worker.js: each thing it does, as a promise.

/** @typedef {typeof import("./safety_worker.js").does} Does */

/** What the worker could not do. @param {string} name as the browser calls it ("QuotaExceededError") @param {string} why */
const trouble = (name, why) => Object.assign(new Error(why), { name });

export class SafetyFiles {
  constructor() {
    this.worker = new Worker(new URL("./safety_worker.js", import.meta.url), { type: "module" });
    this.requests = 0;
    /** @type {Map<number, { resolve(answer: any): void, reject(error: unknown): void }>} */
    this.waiting = new Map();
    this.worker.addEventListener("message", ({ data: { id, answer, failed, why } }) => {
      const one = this.waiting.get(id);
      this.waiting.delete(id);
      if (failed === undefined) one?.resolve(answer);
      else one?.reject(trouble(failed, why));
    });
    this.worker.addEventListener("error", (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error(event.message));
      this.waiting.clear();
    });
  }

  /**
   * Has one of these done.
   *
   * @template {keyof Does} What @param {What} what @param {Parameters<Does[What]>} given @returns {Promise<Awaited<ReturnType<Does[What]>>>}
   */
  ask(what, ...given) {
    this.requests += 1;
    const id = this.requests;
    const [one] = /** @type {unknown[]} */ (given);
    const moved = what === "put" ? [/** @type {{ content: Bytes }} */ (one).content.buffer] : [];
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, what, given: one }, moved);
    });
  }
}
