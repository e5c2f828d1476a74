// @ts-check
// The state of the interview rooms, read every two seconds. What is wrong is red with its word; what is not known any
// more is not shown as if it were.

import { element, leftToRight, make, setContent } from "../page/elements.js";
import { poll } from "../page/poll.js";
import { read } from "../page/requests.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

/**
 * @typedef {{
 *   room: string, name: string, state: string, safe: number | null, losses: string[], cautions: string[],
 *   interview: string | null, case: string | null, code: string | null, practice: boolean,
 * }} RoomState `safe`: µs of the running part; interview and case only for those who may see them
 */

const EVERY = 2_000; // ms

const place = element("rooms-now");
const away = element("away");
const empty = element("rooms-empty");
const showsCases = place.dataset.cases === "true";
const conducts = place.dataset.conducts === "true";

/** @type {Record<string, string>} */
const TAGS = { recording: "tag-green", break: "tag-amber", interrupted: "tag-red" };

/** @param {RoomState} one */
function row(one) {
  const name = make("th", { scope: "row" }, make("bdi", "", one.name));
  const colour = one.losses.length > 0 ? "tag-red" : (TAGS[one.state] ?? "tag-plain");
  const state = make("td", "", make("span", `tag ${colour}`, say(`state.${one.state}`)));
  const safe = make("td", "", ...(one.safe === null ? [] : [leftToRight(make("bdi", "numeral", timecode(one.safe)))]));
  return make("tr", "", name, state, safe, wrong(one), ...(showsCases ? [links(one)] : []));
}

/** @param {RoomState} one */
function wrong({ losses, cautions }) {
  const cell = make("td");
  for (const loss of losses) cell.append(make("span", "tag tag-red", say(`loss.${loss}`)), " ");
  for (const caution of cautions) cell.append(make("span", "tag tag-amber", say(`caution.${caution}`)), " ");
  if (losses.length + cautions.length === 0) cell.append(make("span", "quiet", say("well")));
  return cell;
}

/** @param {RoomState} one */
function links(one) {
  const cell = make("td");
  if (one.interview === null) return cell;
  cell.append(make("a", { className: "numeral", dir: "ltr", href: `/cases/${one.case}` }, one.code ?? ""));
  if (one.practice) cell.append(" ", make("span", "tag tag-amber", say("practice")));
  if (conducts) cell.append(" · ", make("a", { href: `/interviews/${one.interview}/console` }, say("console")));
  cell.append(" · ", make("a", { href: `/interviews/${one.interview}/observe` }, say("watch")));
  return cell;
}

async function look() {
  try {
    /** @type {{ rooms: RoomState[] }} */
    const { rooms } = await read("/rooms/state", { within: EVERY * 3 });
    away.hidden = true;
    // A list with the focus in it stays as it is: a link may be about to be pressed.
    if (!place.contains(document.activeElement)) {
      setContent(place, rooms.map(row));
      empty.hidden = rooms.length > 0;
    }
  } catch {
    away.hidden = false;
  }
  return null; // without end
}

void poll(EVERY, look);
