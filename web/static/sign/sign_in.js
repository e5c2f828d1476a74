// @ts-check
// Signs in, with a passkey or a one-time link. A link's token is in the address's fragment, which browsers
// never send: it is taken out of the address at once, so that neither the history nor a shared screen keeps it,
// and posted.

import { element, elementIfAny } from "../page/elements.js";
import { converse, offer } from "./conversation.js";
import { answerWith, post } from "./passkeys.js";

function arrive() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  element("ways").hidden = true;
  converse(() => post("/sign-in", { token })).then(() => { element("ways").hidden = false; });
}

async function withPasskey() {
  const answer = await answerWith(await post("/sign-in/passkey/challenge"));
  return post("/sign-in/passkey", { answer });
}

const button = elementIfAny("passkey");
if (button) offer(button, withPasskey);

// A link opened in a tab that shows this page already changes the fragment alone, and loads nothing.
addEventListener("hashchange", arrive);
arrive();
