// @ts-check
// The page's end of the line to safety_worker.js: each thing it does, as a promise.

/** @import { Note } from "./safety_worker.js" */

/** What the worker could not do; `name` as the browser calls it ("QuotaExceededError"). */
export class FileTrouble extends Error {
  /** @param {string} name @param {string} why */
  constructor(name, why) {
    super(why);
    this.name = name;
  }
}

export class SafetyFiles {
  constructor() {
    this.worker = new Worker(new URL("./safety_worker.js", import.meta.url), { type: "module" });
    this.asked = 0;
    /** @type {Map<number, { resolve(answer: any): void, reject(error: unknown): void }>} */
    this.waiting = new Map();
    this.worker.addEventListener("message", ({ data: { id, answer, failed, why } }) => {
      const one = this.waiting.get(id);
      this.waiting.delete(id);
      if (failed === undefined) one?.resolve(answer);
      else one?.reject(new FileTrouble(failed, why));
    });
    this.worker.addEventListener("error", (event) => {
      for (const { reject } of this.waiting.values()) reject(new FileTrouble("Error", event.message));
      this.waiting.clear();
    });
  }

  /** @param {string} what @param {unknown} [given] @param {Transferable[]} [moved] @returns {Promise<any>} */
  ask(what, given, moved = []) {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, what, given }, moved);
    });
  }

  /** @returns {Promise<Bytes>} a public key for the next recording */
  pair() {
    return this.ask("pair");
  }

  /** @param {{ handed: Bytes, deployment: string, evidence: string }} given @returns {Promise<void>} */
  begin(given) {
    return this.ask("begin", given);
  }

  /** @param {import("./room_film.js").Piece} piece @returns {Promise<number>} bytes kept so far */
  put(piece) {
    return this.ask("put", piece, [piece.content.buffer]);
  }

  /** @returns {Promise<void>} */
  end() {
    return this.ask("end");
  }

  /** @param {Note} note @returns {Promise<void>} */
  note(note) {
    return this.ask("note", note);
  }

  /** @returns {Promise<Note[]>} */
  left() {
    return this.ask("left");
  }

  /** @param {string} evidence @param {number} first @param {number} most @returns {Promise<{ data: Bytes, next: number }>} */
  read(evidence, first, most) {
    return this.ask("read", { evidence, first, most });
  }

  /** @param {string} evidence @param {number} until µs; what ends later is cut off @returns {Promise<void>} */
  cut(evidence, until) {
    return this.ask("cut", { evidence, until });
  }

  /** @param {string} evidence @returns {Promise<void>} */
  remove(evidence) {
    return this.ask("remove", { evidence });
  }
}
