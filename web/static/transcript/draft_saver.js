// @ts-check
// Saves a draft while somebody types, and says calmly how that stands. One saving at a time, each over the version that
// was read before; where somebody else's is newer, nothing is written and the page is asked.

import { Unavailable } from "../proof/errors.js";
import { ask, whole } from "../viewing/server.js";

/** @typedef {import("./webvtt.js").Cue} Cue */
/** @typedef {"saved" | "typed" | "saving" | "waiting" | "moved-on" | "refused"} Standing */

const REST = 800; // ms without a change, after which it is saved
const AGAIN = 5000; // ms until it is tried again
const OUTLIVES = 30_000; // signs of a request that goes on when its page is closed: browsers let few bytes do so

export class DraftSaver {
  #address;
  #cues;
  #tell;
  #version = 0;
  #changes = 0;
  #kept = 0; // of the changes
  #timer = 0;
  /** @type {Promise<void> | null} */
  #saving = null;
  #stopped = false;
  /** What was sent when no answer came: it may be kept or not. */
  #uncertain = "";

  /**
   * @param {string} address of the draft, under the viewing of its recording @param {() => readonly Cue[]} cues as they are now
   * @param {(standing: Standing, words: {what: string, meaning: string, todo: string} | null) => void} tell
   */
  constructor(address, cues, tell) {
    this.#address = address;
    this.#cues = cues;
    this.#tell = tell;
    addEventListener("beforeunload", (event) => {
      if (this.unsaved) event.preventDefault(); // the browser asks whether to leave all the same
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.now();
    });
    addEventListener("pagehide", () => void this.now());
  }

  /** @returns {Promise<{version: number, cues: Cue[]}>} the draft as it is at the center; saving goes on over it */
  async read() {
    const held = await whole((await ask(this.#address)).json());
    this.#version = held.version;
    return held;
  }

  get version() {
    return this.#version;
  }

  get unsaved() {
    return this.#kept < this.#changes;
  }

  /** Something was changed: saved soon. */
  touch() {
    this.#changes += 1;
    if (this.#stopped) return;
    if (!this.#saving) this.#tell("typed", null);
    this.#soon(REST);
  }

  /** The recording was opened anew: saved there from here on. @param {string} address */
  move(address) {
    this.#address = address;
    void this.now();
  }

  /** From here on over whatever is the newest version: somebody chose to. @param {number} version */
  over(version) {
    this.#version = version;
    this.#stopped = false;
    void this.now();
  }

  /** What was changed counts as saved: it was read anew. */
  forget() {
    this.#stopped = false;
    this.#kept = this.#changes;
    this.#tell("saved", null);
  }

  /** Saves what is not saved; whether all of it is, once that has ended. @returns {Promise<boolean>} */
  async now() {
    clearTimeout(this.#timer);
    while (this.unsaved && !this.#stopped) {
      this.#saving ??= this.#save().finally(() => (this.#saving = null));
      const before = this.#kept;
      await this.#saving;
      if (this.#kept === before) break;
    }
    return !this.unsaved;
  }

  /** @param {number} ms */
  #soon(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), ms);
  }

  async #save() {
    const changes = this.#changes;
    const cues = JSON.stringify(this.#cues());
    this.#tell("saving", null);
    try {
      await this.#settle();
      this.#uncertain = cues;
      const answer = await ask(this.#address, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json" },
        body: `{"version":${this.#version},"cues":${cues}}`,
        keepalive: cues.length < OUTLIVES,
      });
      this.#version = (await whole(answer.json())).version;
      this.#uncertain = "";
      this.#kept = changes;
      this.#tell(this.unsaved ? "typed" : "saved", null);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#failed(error);
    }
  }

  /** Learns whether what was sent last is kept, where no answer came. */
  async #settle() {
    if (this.#uncertain === "") return;
    const held = await whole((await ask(this.#address)).json());
    if (held.version === this.#version + 1 && JSON.stringify(held.cues) === this.#uncertain) this.#version = held.version;
    this.#uncertain = "";
  }

  /** @param {Unavailable} error */
  #failed({ code, words }) {
    if (words) this.#uncertain = ""; // the center has answered, and kept nothing
    if (code === "draft-moved-on") {
      this.#stopped = true;
      this.#tell("moved-on", words);
    } else {
      this.#tell(words ? "refused" : "waiting", words);
      this.#soon(AGAIN);
    }
  }
}
