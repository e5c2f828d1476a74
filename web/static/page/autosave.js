// @ts-check
// Saves what is written a moment after each change, and never over what another person has saved since.
//
//   saved → changed → saving → saved
//                       ├→ unsent      no answer: tried again by itself
//                       ├→ refused     the center does not take it: tried again at the next change, or by itself as well
//                       └→ moved-on    another version is the newest: waits until a person decides (`settle`)
//
// Every saving names the version it was made to; the center takes it only if that is the newest. One is under way at a
// time. An answer that was lost may be that of a version that was saved: so where the newest is what was sent from here,
// it is this page's own, and saving continues over it. Events: `state`, with `detail` {state, words}.

import { Unavailable } from "../proof/errors.js";

/** @typedef {"saved" | "changed" | "saving" | "unsent" | "refused" | "moved-on"} State */
/** @template T @typedef {{version: number, content: T}} Version */
/**
 * @template T @typedef {object} Center
 * @property {(version: number, content: T) => Promise<number>} save content made to a version; the version it becomes
 * @property {() => Promise<Version<T>>} newest the newest version there
 * @property {string} movedOn the code by which the center says that another version is the newest
 */
/**
 * `quiet`: ms without a change after which it is saved; `again`: until it is tried again; `refused`: the same after a
 * refusal, null: only the next change can be taken.
 *
 * @typedef {{quiet: number, again: number, refused: number | null}} Waits
 */

/** The colour of each state. @type {Record<State, string>} */
export const COLOURS = { saved: "green", changed: "plain", saving: "plain", unsent: "amber", refused: "amber", "moved-on": "amber" };

/** The same text for the same content, in whichever order its members came. @param {unknown} content */
export const textOf = (content) =>
  JSON.stringify(content, (_, value) =>
    value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );

/** @template T what is saved: never changed in place */
export class Autosave extends EventTarget {
  /** @type {State} */
  state = "saved";
  #center;
  #waits;
  #timer = 0;
  /** @type {{content: T} | null} what is not saved yet */
  #wanted = null;
  /** @type {Set<string>} what was sent since the last answer, and may have been saved */
  #sent = new Set();
  /** @type {Promise<void> | null} */
  #sending = null;

  /** @param {number} version the newest that is known here @param {Center<T>} center @param {Waits} waits */
  constructor(version, center, waits) {
    super();
    this.version = version;
    this.#center = center;
    this.#waits = waits;
  }

  get unsaved() {
    return this.#wanted !== null;
  }

  /** @param {T} content as it is now @param {boolean} [soon] without waiting for more */
  changed(content, soon = false) {
    this.#wanted = { content };
    if (this.state === "moved-on") return;
    if (this.state !== "saving") this.#setState("changed");
    this.#later(soon ? 0 : this.#waits.quiet);
  }

  /** Saves what is not saved yet at once. @returns {Promise<boolean>} whether everything is saved now */
  async now() {
    clearTimeout(this.#timer);
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    await this.#sending;
    return this.state === "saved";
  }

  /**
   * Somebody has decided between two versions.
   *
   * @param {number} version the newest @param {T | null} content what is to become of it; null to leave it as it is
   */
  settle(version, content) {
    this.version = version;
    this.#sent.clear();
    this.#wanted = content === null ? null : { content };
    this.#setState(this.unsaved ? "changed" : "saved");
    if (this.unsaved) this.#later(0);
    else clearTimeout(this.#timer);
  }

  /** What is unsaved is saved when the page goes out of sight; the browser asks before it is left. */
  guardPage() {
    addEventListener("beforeunload", (event) => {
      if (this.unsaved) event.preventDefault(); // the browser asks whether to leave all the same
    });
    const save = () => this.unsaved && void this.now();
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
    addEventListener("pagehide", save);
  }

  /** @param {number} wait ms */
  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), wait);
  }

  async #send() {
    try {
      while (this.#wanted && this.state !== "moved-on") {
        const wanted = this.#wanted;
        this.#setState("saving");
        await this.#save(wanted.content);
        if (this.#wanted === wanted) this.#wanted = null;
      }
      if (!this.#wanted) this.#setState("saved");
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {T} content @returns {Promise<void>} */
  async #save(content) {
    this.#sent.add(textOf(content));
    try {
      this.version = await this.#center.save(this.version, content);
    } catch (error) {
      if (!(error instanceof Unavailable) || error.code !== this.#center.movedOn) throw error;
      const newest = await this.#center.newest();
      if (!this.#sent.has(textOf(newest.content))) throw error;
      this.version = newest.version;
      return this.#save(content);
    }
    this.#sent.clear();
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Unavailable)) throw error;
    if (error.code === this.#center.movedOn) return this.#setState("moved-on", error);
    // A center that answers in words has decided; without an answer nothing is decided.
    const again = error.words ? this.#waits.refused : this.#waits.again;
    this.#setState(error.words ? "refused" : "unsent", error);
    if (again !== null) this.#later(again);
  }

  /** @param {State} state @param {Unavailable | null} [error] */
  #setState(state, error = null) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, words: error?.words ?? null } }));
  }
}
