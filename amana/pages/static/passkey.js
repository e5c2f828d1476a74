// @ts-check
// Makes a passkey for whoever is signed in.

import { converse, element } from "./asking.js";
import { make, post, supported } from "./passkeys.js";

async function makeOne() {
  const answer = await make(await post("/passkey/challenge"));
  return post("/passkey", { answer });
}

const button = element("make");
if (supported()) button.addEventListener("click", () => converse(makeOne));
else {
  button.hidden = true;
  element("none").hidden = false;
}
