// @ts-check
// The field by which words are looked for in transcripts that are open, and the button to the next place.

import { element } from "../page/elements.js";
import { say } from "../page/words.js";

/**
 * @param {(wanted: string) => number} search in how many cues it was found @param {() => void} goNext to the next place
 * @returns {() => void} looks once more, since other transcripts are open now
 */
export function offerFinding(search, goNext) {
  const find = element("find", HTMLInputElement);
  const next = element("find-next", HTMLButtonElement);
  const result = element("found");
  const look = () => {
    const count = search(find.value);
    result.textContent = find.value.trim() === "" ? "" : say(count > 0 ? "found" : "found.none", { n: count });
    next.disabled = count === 0;
  };
  find.addEventListener("input", look);
  next.addEventListener("click", goNext);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !next.disabled) goNext();
  });
  return look;
}
