// @ts-check
// A mark is of the moment in which it was wanted, not of the moment in which its word was finished.

import { element } from "../page/elements.js";

const field = element("mark-text", HTMLInputElement);

/** performance.now() when somebody began to write a word; null while nobody does. @type {number | null} */
let wantedAt = null;

/** @param {(text: string, ago: number) => void} mark `ago`: how many ms before now the moment was */
export function takeMarks(mark) {
  element("mark-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const ago = wantedAt === null ? 0 : Math.round(performance.now() - wantedAt);
    const text = field.value.trim();
    clear();
    mark(text, ago);
  });
}

function clear() {
  field.value = "";
  field.blur();
  wantedAt = null;
}

field.addEventListener("focus", () => { wantedAt ??= performance.now(); });
field.addEventListener("blur", () => { if (field.value === "") wantedAt = null; });
field.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
