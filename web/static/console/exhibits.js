// @ts-check
// The picture of the case that the interviewer's tablet shows: chosen here, opened and shown there.

import { element, onPress, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Exhibits } from "../interview/next_door.js" */

export class ExhibitChoice {
  #choice = element("exhibit-choice", HTMLSelectElement);

  /** @param {(evidence: string | null) => Promise<unknown>} choose asks the tablet to show it; null: nothing */
  constructor(choose) {
    onPress("exhibit-show", () => void choose(this.#choice.value));
    onPress("exhibit-hide", () => void choose(null));
  }

  /** @param {Exhibits} exhibits */
  show({ chosen, shown, failed }) {
    const one = chosen ?? shown;
    const state = !one ? "none" : failed ? "failed" : chosen?.evidence === shown?.evidence ? "shown" : chosen ? "chosen" : "leaving";
    const option = [...this.#choice.options].find(({ value }) => value === one?.evidence);
    setText("exhibit-state", say(`exhibit.${state}`, { name: option?.text ?? "" }));
    element("exhibit-hide").hidden = chosen === null;
  }
}
