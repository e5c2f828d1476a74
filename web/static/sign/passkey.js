// @ts-check
// Makes a passkey for the person who is signed in. A further one is confirmed by an earlier one, in the dialog of signing.html;
// one that was not confirmed is hidden again by the browser, where it can: this center does not know it.

import { element, elementIfAny } from "../page/elements.js";
import { offer, show } from "./conversation.js";
import { make, post } from "./passkeys.js";
import { personally, send } from "./signing.js";

async function makeOne() {
  const options = await post("/passkey/challenge");
  const answer = await make(options);
  const body = JSON.stringify({ answer });
  if (!elementIfAny("signing")) return post("/passkey", { answer });
  show();
  const done = await personally(() => send("/passkey", body, "application/json"));
  if (done) return done;
  const hide = /** @type {any} */ (PublicKeyCredential).signalUnknownCredential;
  await hide?.call(PublicKeyCredential, { rpId: options.rp.id, credentialId: answer.rawId });
  throw new DOMException("not confirmed", "AbortError");
}

offer(element("make"), makeOne);
