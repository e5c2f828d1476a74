// @ts-check
// Forms with `data-confirm` are sent with the answer of the person's authenticator to a challenge for this very purpose:
// who has only stolen the session cannot send them.

import { element, elements } from "../page/elements.js";
import { show, whatWentWrong } from "./conversation.js";
import { answerWith, post, supported } from "./passkeys.js";

/** @param {HTMLFormElement} form */
async function confirm(form) {
  show("working");
  try {
    const answer = await answerWith(await post("/confirm/challenge", { purpose: form.dataset.confirm }));
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("answer"));
    field.value = JSON.stringify(answer);
    form.submit();
  } catch (error) {
    whatWentWrong(error);
  }
}

for (const form of elements("form[data-confirm]", HTMLFormElement)) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (supported()) void confirm(form);
    else element("none").hidden = false;
  });
}
