// @ts-check
// What a recording says of itself, as a list beside its film.

import { element, leftToRight, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";

/** @import { Transport } from "../film/transport.js" */
/** @import { Happening, ShownPicture } from "./happenings.js" */

/**
 * Each leads to its moment, and is marked on the timeline; devices are folded below.
 *
 * @param {readonly Happening[]} found @param {Transport} transport
 * @param {(shown: ShownPicture) => HTMLElement} linkTo what leads to a picture that was shown in the room
 */
export function listHappenings(found, transport, linkTo) {
  const happened = found.filter(({ weight }) => weight !== "device");
  const devices = found.filter(({ weight }) => weight === "device");
  const items = happened.map(({ at, sentence, weight, shown }) => {
    const moment = leftToRight(makeButton("link numeral", timecode(at), () => transport.go(at)));
    const text = make("span", "", sentence, ...(shown ? [" ", linkTo(shown)] : []));
    return make("li", `happening happening-${weight}`, moment, " ", text);
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
