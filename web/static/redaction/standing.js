// @ts-check
// How the edits stand at the center, at the top of the page: kept, being kept, not kept yet and why; and what is to be
// done where somebody else has changed them meanwhile.

import { Unavailable } from "../proof/errors.js";
import { read } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { COLOURS } from "../page/autosave.js";
import { element, hear, setTag } from "../page/elements.js";
import { isolate, momentText, say } from "../page/words.js";

/** @import { Desk } from "./desk.js" */
/** @import { Edits } from "./edits.js" */
/** @typedef {import("../page/autosave.js").Autosave<Edits>} Keeping */
/** @import { State } from "../page/autosave.js" */
/** The newest at the center, and whose it is. @typedef {{version: number, edits: Edits, by: string | null, at: string}} Newest */

/** The page's word. @type {Record<State, string>} */
const WORDS = { saved: "kept", changed: "changed", saving: "keeping", unsent: "unsent", refused: "refused", "moved-on": "elsewhere" };

export class Standing {
  #address;
  #desk;
  #keeping;
  /** @type {Newest | null} */
  #newest = null;

  /** @param {string} address of the edits @param {Desk} desk @param {Keeping} keeping */
  constructor(address, desk, keeping) {
    this.#address = address;
    this.#desk = desk;
    this.#keeping = keeping;
    hear(keeping, "state", (detail) => this.#tell(detail));
    element("take-theirs", HTMLButtonElement).addEventListener("click", () => this.#takeTheirs());
    element("keep-mine", HTMLButtonElement).addEventListener("click", () => this.#keepMine());
    keeping.guardPage();
  }

  /** @param {{state: State, words: import("../page/requests.js").Words | null}} detail */
  #tell({ state, words }) {
    setTag(element("kept"), say(`kept.${WORDS[state]}`), COLOURS[state]);
    // That everything is kept again need not be said after each stroke; that something is not, must be.
    if (state === "unsent") element("said", HTMLElement).textContent = say("kept.unsent");
    const panel = element("not-kept", HTMLElement);
    panel.hidden = state !== "refused";
    if (words) element("not-kept-why", HTMLElement).textContent = inOne(words);
    if (state === "moved-on") void this.#askNewest();
    else element("moved-on", HTMLElement).hidden = true;
  }

  async #askNewest() {
    const panel = element("moved-on", HTMLElement);
    try {
      this.#newest = /** @type {Newest} */ (await read(this.#address));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      setTimeout(() => void this.#askNewest(), 3000);
      return;
    }
    const values = { who: isolate(this.#newest.by ?? say("somebody")), at: momentText(new Date(this.#newest.at)) };
    element("moved-on-what", HTMLElement).textContent = say("moved-on", values);
    panel.hidden = false;
    panel.focus();
  }

  #takeTheirs() {
    const newest = this.#newest;
    if (!newest) return;
    // Theirs come onto the desk as a change of their own: what was here before can be had back by undoing it.
    this.#desk.replace(newest.edits, "theirs-taken");
    this.#keeping.settle(newest.version, null);
  }

  #keepMine() {
    if (this.#newest) this.#keeping.settle(this.#newest.version, this.#desk.edits);
  }
}
