// @ts-check
// Which regions of the body were looked at in a guided set: those with an injury, and those where nothing is seen; and
// which she did not want to have examined.

import { element, elements, setText } from "../page/elements.js";
import { say } from "../page/words.js";
import { put } from "./exam_places.js";

/** @import { Injury } from "./exam_places.js" */

/**
 * Takes charge of the boxes of all regions. `missing`: what is still missing of them, in words.
 *
 * @param {readonly Injury[]} injuries @param {Set<string>} unseen @param {Set<string>} declined all read whenever it is drawn
 * @param {boolean} editable @param {() => void} changed
 */
export function regionBoxes(injuries, unseen, declined, editable, changed) {
  const sides = elements("[data-unseen]").map(({ dataset }) => dataset.unseen ?? "");
  /** How many were looked at, where the notes cannot be read now. @type {number | null} */
  const counted = "locked" in element("set").dataset ? Number(element("set").dataset.regions) : null;
  const hasInjury = (/** @type {string} */ side) => injuries.some((injury) => injury.side === side && !injury.removed);
  const left = () => sides.filter((side) => !unseen.has(side) && !declined.has(side) && !hasInjury(side));

  const kinds = /** @type {const} */ ([["unseen", unseen, declined], ["declined", declined, unseen]]);
  const boxes = kinds.flatMap(([name, ticked, other]) =>
    elements(`[data-${name}]`, HTMLInputElement).map((box) => {
      const side = box.dataset[name] ?? "";
      box.addEventListener("change", () => {
        other.delete(side);
        put(ticked, side, box.checked);
        changed();
      });
      return { box, side, ticked };
    }),
  );

  return {
    draw() {
      for (const { box, side, ticked } of boxes) {
        box.checked = ticked.has(side);
        box.disabled = !editable || hasInjury(side);
      }
      for (const mark of elements("[data-looked]")) mark.hidden = !unseen.has(mark.dataset.looked ?? "");
      const looked = counted ?? sides.length - left().length - declined.size;
      setText("regions", say("regions", { looked, all: sides.length }));
    },
    /** @returns {string[]} */
    missing() {
      if (counted !== null) return counted < sides.length ? [say("missing.regions.some")] : [];
      const what = left().map((side) => say(`side.${side}`)).join(say("comma"));
      return what ? [say("missing.regions", { what })] : [];
    },
  };
}
