// @ts-check
// A room's machine: becomes the room's device by the link's token, which is in the fragment that browsers
// never send; then waits, and goes to the room page as soon as an interview takes place in its room.

import { element, setText } from "../page/elements.js";
import { poll } from "../page/poll.js";
import { read, Refused } from "../page/requests.js";
import { converse, show } from "../sign/conversation.js";
import { post } from "../sign/passkeys.js";
import { clockOf, dayOf } from "../page/words.js";
import { storedKey } from "../room/device_key.js";

const EVERY = 3_000; // ms
const WITHIN = 20_000; // ms for an answer

/** @param {number} refused the status of a refusal; 0 where there is none */
function showWaiting(refused) {
  element("no-device").hidden = refused !== 401;
  element("waiting").hidden = refused !== 0;
  if (refused !== 0) element("next").hidden = true;
  show();
}

/** When this room is needed next; for whom is not shown. @param {string | null} next an RFC 3339 time */
function showNext(next) {
  element("next").hidden = next === null;
  if (next === null) return;
  const moment = new Date(next);
  setText("next-time", `${dayOf(moment)} · ${clockOf(moment).slice(0, 5)}`);
}

async function look() {
  try {
    const { room, to, next } = await read("/room/next", { within: WITHIN });
    if (to) {
      location.replace(to);
      return true;
    }
    showWaiting(0);
    setText("room-name", room);
    showNext(next);
  } catch (error) {
    if (error instanceof Refused) showWaiting(error.status);
    else show("unreachable");
  }
  return null;
}

/** @param {string} token */
async function enrol(token) {
  show("working");
  let key = "";
  try {
    key = await storedKey();
  } catch {
    show();
    element("no-storage").hidden = false;
    return;
  }
  await converse(() => post("/room", { token, key }));
}

const token = location.hash.slice(1);
if (token) {
  history.replaceState(null, "", location.pathname);
  enrol(token);
} else {
  void poll(EVERY, look);
}
