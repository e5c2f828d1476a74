// @ts-check
// What a recording says of itself, as a list beside its film.

import { element, leftToRight, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";

/** @import { Transport } from "../film/transport.js" */
/** @import { Happening } from "./happenings.js" */

/** Each leads to its moment, and is marked on the timeline; devices are folded below. @param {readonly Happening[]} found @param {Transport} transport */
export function listHappenings(found, transport) {
  const happened = found.filter(({ weight }) => weight !== "device");
  const devices = found.filter(({ weight }) => weight === "device");
  const items = happened.map(({ at, sentence, weight }) => {
    const moment = leftToRight(makeButton("link numeral", timecode(at), () => transport.go(at)));
    return make("li", `happening happening-${weight}`, moment, " ", make("span", "", sentence));
  });
  const list = element("happenings");
  list.replaceChildren(...items);
  list.hidden = happened.length === 0;
  element("nothing-happened").hidden = happened.length > 0;
  element("devices-list").replaceChildren(...devices.map(({ sentence }) => make("li", "", sentence)));
  element("devices").hidden = devices.length === 0;
  element("happened").hidden = false;
  transport.mark(happened);
}
