// @ts-check
// A room's machine: becomes the room's device by the link's token, which stands in the fragment that browsers
// never send; then waits, and goes to the room page as soon as an interview takes place in its room.

import { element } from "../page/elements.js";
import { converse, show } from "../sign/conversation.js";
import { post } from "../sign/passkeys.js";
import { storedKey } from "../room/device_key.js";

const EVERY = 3_000; // ms

async function look() {
  try {
    const response = await fetch("/room/next", { cache: "no-store", signal: AbortSignal.timeout(20_000) });
    const answer = await response.json();
    if (response.ok && answer.to) return location.replace(answer.to);
    element("no-device").hidden = response.status !== 401;
    element("waiting").hidden = !response.ok;
    show();
  } catch {
    show("unreachable");
  }
  setTimeout(look, EVERY);
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
  look();
}
