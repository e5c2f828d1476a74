// @ts-check
// Something that was asked for and refused, told in three sentences until somebody has understood it.

import { Refused } from "./requests.js";
import { element } from "./elements.js";
import { known, say } from "./words.js";

/** @param {unknown} error */
export function refuse(error) {
  const told = error instanceof Refused ? error.told : {};
  tellRefused(error instanceof Refused ? error.code : "recorder.away", told);
}

/** @param {string} code of a sentence `refused.*` @param {Record<string, string>} told the server's own words */
export function tellRefused(code, told) {
  for (const part of ["what", "meaning", "todo"]) {
    const translated = known(`refused.${code}.${part}`) ? say(`refused.${code}.${part}`, told) : "";
    element(`refused-${part}`, HTMLElement).textContent = translated || (told[part] ?? "");
  }
  element("refused", HTMLElement).hidden = false;
}

element("refused-close", HTMLButtonElement).addEventListener("click", () => { element("refused", HTMLElement).hidden = true; });
