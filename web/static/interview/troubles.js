// @ts-check
// What is lost, in red, and what to look at, in amber: three sentences each.

import { named } from "./checks.js";
import { element, make } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, say } from "../page/words.js";

/** @import { Trouble } from "./feed.js" */

/** @param {Trouble} trouble @param {string} part */
function troubleText(trouble, part) {
  const since = clockOf(new Date(trouble.since));
  const values = named({ ...trouble, camera: trouble.name, copy: trouble.name });
  return say(`lost.${trouble.code}.${part}`, { ...values, since, safe: timecode(trouble.at ?? 0) });
}

let toldTroubles = "";

/** @param {Trouble[]} losses @param {Trouble[]} cautions */
export function showTroubles(losses, cautions) {
  const panel = (/** @type {Trouble} */ trouble, /** @type {string} */ colour) => {
    const rest = make("p", "", `${troubleText(trouble, "meaning")} ${troubleText(trouble, "todo")}`);
    return make("section", `panel panel-${colour}`, make("strong", "", troubleText(trouble, "what")), rest);
  };
  const now = JSON.stringify([losses, cautions].map((list) => list.map((trouble) => troubleText(trouble, "what"))));
  if (now === toldTroubles) return;
  toldTroubles = now;
  element("losses").replaceChildren(
    ...losses.map((loss) => panel(loss, "red")), ...cautions.map((caution) => panel(caution, "amber")),
  );
}
