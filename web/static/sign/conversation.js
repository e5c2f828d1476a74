// @ts-check
// One conversation with an authenticator on a page: what is shown meanwhile, and when it fails.
// The page has these sentences, in the reader's language, under these ids; one of them is shown at a time.

import { element, elementIfAny } from "../page/elements.js";
import { Refused } from "../page/requests.js";
import { writeWords } from "../page/trouble.js";
import { supported } from "./passkeys.js";

const STATES = ["working", "refused", "given-up", "known-already", "unreachable"];

/** @param {string} [state] Shown alone; none: nothing is. */
export function show(state) {
  for (const one of STATES) {
    const found = elementIfAny(one);
    if (found) found.hidden = one !== state;
  }
}

/** Has a button begin one; where the browser has no passkeys, that is said instead. @param {HTMLElement} button @param {() => Promise<{ to: string }>} conversation */
export function offer(button, conversation) {
  button.addEventListener("click", () => converse(conversation));
  button.hidden = !supported();
  element("none").hidden = supported();
}

/** @param {() => Promise<{ to: string }>} conversation Gives the address of the next page. */
export async function converse(conversation) {
  show("working");
  try {
    location.replace((await conversation()).to);
  } catch (error) {
    whatWentWrong(error);
  }
}

/** @param {unknown} error */
export function whatWentWrong(error) {
  if (error instanceof Refused && error.words) {
    writeWords(error.words, "");
    show("refused");
  } else if (error instanceof DOMException && error.name === "InvalidStateError") {
    show("known-already");
  } else if (error instanceof DOMException && ["NotAllowedError", "AbortError"].includes(error.name)) {
    show("given-up"); // closed, refused or not answered in time: browsers do not say which
  } else {
    show("unreachable");
  }
}
