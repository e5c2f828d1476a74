// @ts-check
// Questions that are asked once before something is done.

import { element } from "./elements.js";

/** Ask in a dialog; resolves to the pressed button's value, `""` for no. @param {string} id @returns {Promise<string>} */
export function asked(id) {
  const box = element(id, HTMLDialogElement);
  box.returnValue = "";
  box.showModal();
  return new Promise((resolve) => box.addEventListener("close", () => resolve(box.returnValue), { once: true }));
}
