// @ts-check
// A draft at the center: saved while it is written, and what becomes of two versions; its state is shown on the page.

import { Autosave, COLOURS } from "../page/autosave.js";
import { element, setTag } from "../page/elements.js";
import { json, read } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { say } from "../page/words.js";
import { post } from "../viewing/server.js";

/** @import { State } from "../page/autosave.js" */
/** @import { Words } from "../page/requests.js" */
/** @import { Cue } from "./webvtt.js" */

const OUTLIVES = 30_000; // characters of a request that continues when its page is closed: browsers let few bytes do so

/** @extends {Autosave<readonly Cue[]>} */
export class DraftSaving extends Autosave {
  #evidence;
  #draft;
  #purpose;
  #address;

  /** @param {string} evidence @param {string} draft ids @param {string} viewing opened @param {string} purpose of the opening */
  constructor(evidence, draft, viewing, purpose) {
    super(0, {
      save: (version, cues) => this.#save(version, cues),
      newest: async () => {
        const { version, cues } = await this.newest();
        return { version, content: cues };
      },
      movedOn: "draft-moved-on",
    }, { quiet: 800, again: 5000, refused: 5000 });
    this.#evidence = evidence;
    this.#draft = draft;
    this.#purpose = purpose;
    this.#address = this.#under(viewing);
    this.addEventListener("state", (event) => this.#showState(/** @type {CustomEvent} */ (event).detail));
    this.guardPage();
  }

  /** @param {string} viewing */
  #under(viewing) {
    return `/viewings/${viewing}/transcript-drafts/${this.#draft}`;
  }

  /** The newest version there. @returns {Promise<{version: number, cues: Cue[]}>} */
  newest() {
    return read(this.#address);
  }

  /** @param {number} version @param {readonly Cue[]} cues @returns {Promise<number>} */
  async #save(version, cues) {
    const request = json({ version, cues }, { accept: "application/json" });
    const keepalive = String(request.body).length < OUTLIVES;
    return (await read(this.#address, { ...request, keepalive })).version;
  }

  /** A viewing lasts for hours; what is typed after it is saved under another one, which is stated likewise. */
  async reopen() {
    const { viewing } = await post(`/evidence/${this.#evidence}/viewings`, { purpose: this.#purpose });
    this.#address = this.#under(viewing);
    void this.now();
  }

  /** Makes a transcript of it, once everything is saved. */
  async keep() {
    if (!(await this.now())) return;
    const { derivative } = await post(`${this.#address}/keep`, { version: this.version });
    location.assign(`/derivatives/${derivative}`);
  }

  /** @param {{state: State, words: Words | null}} detail */
  #showState({ state, words }) {
    setTag(element("saved"), say(`saved.${state}`), COLOURS[state]);
    element("moved-on").hidden = state !== "moved-on";
    element("unsaved").hidden = state !== "refused";
    element("unsaved-words").textContent = words ? inOne(words) : "";
  }
}
