// @ts-check
// The state of the edits at the center, at the top of the page: kept, being kept, not kept yet and why; and what to do
// where another person has changed them meanwhile.

import { Unavailable } from "../proof/errors.js";
import { read } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { COLOURS } from "../page/autosave.js";
import { element, onEvent, onPress, setTag } from "../page/elements.js";
import { isolate, momentText, say } from "../page/words.js";

/** @import { Desk } from "./desk.js" */
/** @import { Edits } from "./edits.js" */
/** @import { Keeping } from "./order.js" */
/** @import { State } from "../page/autosave.js" */
/** @import { Words } from "../page/requests.js" */
/** The newest at the center, and whose it is. @typedef {{version: number, edits: Edits, by: string | null, at: string}} Newest */

/** The page's word. @type {Record<State, string>} */
const WORDS = { saved: "kept", changed: "changed", saving: "keeping", unsent: "unsent", refused: "refused", "moved-on": "elsewhere" };

/** @param {string} address of the edits @param {Desk} desk @param {Keeping} keeping */
export function showSavingState(address, desk, keeping) {
  /** @type {Newest | null} */
  let newest = null;

  async function askNewest() {
    try {
      newest = /** @type {Newest} */ (await read(address));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      setTimeout(() => void askNewest(), 3000);
      return;
    }
    const values = { who: isolate(newest.by ?? say("somebody")), at: momentText(new Date(newest.at)) };
    element("moved-on-what").textContent = say("moved-on", values);
    element("moved-on").hidden = false;
    element("moved-on").focus();
  }

  onEvent(keeping, "state", (/** @type {{state: State, words: Words | null}} */ { state, words }) => {
    setTag(element("kept"), say(`kept.${WORDS[state]}`), COLOURS[state]);
    // That everything is kept again need not be said after each stroke; that something is not, must be.
    if (state === "unsent") element("said").textContent = say("kept.unsent");
    element("not-kept").hidden = state !== "refused";
    if (words) element("not-kept-why").textContent = inOne(words);
    if (state === "moved-on") void askNewest();
    else element("moved-on").hidden = true;
  });
  onPress("take-theirs", () => {
    if (!newest) return;
    // Theirs come onto the desk as a change of their own: what was here before can be had back by undoing it.
    desk.replace(newest.edits, "theirs-taken");
    keeping.settle(newest.version, null);
  });
  onPress("keep-mine", () => newest && keeping.settle(newest.version, desk.edits));
  keeping.guardPage();
}
