// @ts-check
// Files of the person at the page: saved to their disk, or dropped onto the page.

import { make } from "./elements.js";

const KEPT = 60_000; // ms for which the browser may still ask for the bytes of a file that it saves

/** @param {Blob} content @param {string} name */
export function saveFile(content, name) {
  const link = make("a", { download: name, href: URL.createObjectURL(content) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

/**
 * Takes what is dropped onto a place; a box shows meanwhile that it would be taken.
 *
 * @param {HTMLElement} place @param {HTMLElement} box @param {(dropped: DataTransfer) => void} take
 */
export function onDrop(place, box, take) {
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    box.classList.add("over");
  };
  for (const type of /** @type {const} */ (["dragenter", "dragover"])) place.addEventListener(type, over);
  place.addEventListener("dragleave", () => box.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer) take(event.dataTransfer);
  });
}
