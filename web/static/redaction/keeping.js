// @ts-check
// Keeps the edits at the center a moment after each change, and never over somebody else's.
//
//   kept → changed → keeping → kept
//                       ├→ unsent      no answer: tried again by itself
//                       ├→ refused     the center does not take them as they are: tried again at the next change
//                       └→ elsewhere   another version is the newest: waits until somebody decides (`settle`)
//
// Every change names the version it was made to; the center takes it only if that is the newest. Events: `state`, with
// `detail` {state, error}.

import { Unavailable } from "../proof/errors.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {"kept" | "changed" | "keeping" | "unsent" | "refused" | "elsewhere"} KeepingState */
/** Sends edits made to a version; the version they become. @typedef {(version: number, edits: Edits) => Promise<number>} Put */

const QUIET = 700; // ms without a change after which edits are sent
const AGAIN = 4000; // ms between two tries
export const MOVED_ON = "list-moved-on";

export class Keeping extends EventTarget {
  /** @type {KeepingState} */
  state = "kept";
  #put;
  #waits;
  #timer = 0;
  /** @type {Edits | null} what is not kept yet */
  #wanted = null;
  /** @type {Promise<void> | null} */
  #sending = null;

  /** @param {number} version the newest that is known here @param {Put} put @param {{quiet: number, again: number}} [waits] ms */
  constructor(version, put, waits = { quiet: QUIET, again: AGAIN }) {
    super();
    this.version = version;
    this.#put = put;
    this.#waits = waits;
  }

  /** @param {Edits} edits as they are now */
  changed(edits) {
    this.#wanted = edits;
    if (this.state === "elsewhere") return;
    if (this.#sending === null) this.#tell("changed");
    this.#later(this.#waits.quiet);
  }

  /** Sends what is not kept yet at once. @returns {Promise<boolean>} whether everything is kept now */
  async now() {
    clearTimeout(this.#timer);
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    await this.#sending;
    return this.state === "kept";
  }

  /**
   * Somebody has decided between two versions.
   *
   * @param {number} version the newest @param {Edits | null} edits what is to become of it; null to leave it as it is
   */
  settle(version, edits) {
    this.version = version;
    this.#wanted = edits;
    this.#tell(edits ? "changed" : "kept");
    if (edits) this.#later(0);
  }

  /** @param {number} wait ms */
  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), wait);
  }

  async #send() {
    try {
      while (this.#wanted && this.state !== "elsewhere") {
        const edits = this.#wanted;
        this.#tell("keeping");
        this.version = await this.#put(this.version, edits);
        if (this.#wanted === edits) this.#wanted = null;
      }
      if (!this.#wanted) this.#tell("kept");
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Unavailable)) throw error;
    if (error.code === MOVED_ON) return this.#tell("elsewhere", error);
    // A center that answers in words has made up its mind: only another change can change that.
    if (error.words) return this.#tell("refused", error);
    this.#tell("unsent", error);
    this.#later(this.#waits.again);
  }

  /** @param {KeepingState} state @param {Unavailable | null} [error] */
  #tell(state, error = null) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, error } }));
  }
}
