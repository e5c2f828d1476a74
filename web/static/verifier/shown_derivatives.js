// @ts-check
// What a derivative of a package is, in sentences: that it is not the master, what it was made from, and how.
//
// Nothing here may be taken for more than it is. What the derivative was made from is stated, and proved only as far as
// it is here as well; what it shows is not proved at all.

import { fileName, nameText, partName } from "./names.js";
import { make } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { isolate, say } from "../page/words.js";

/** @import { FileItem, Verdict } from "../package/verify.js" */

const LONGEST_VERSION = 100; // characters that are shown; all of it is in the recipe

/** Of a derivative what it is, what from and how, one sentence each; of another file none. @param {FileItem} file @param {Verdict} verdict @returns {string[]} */
export function derivedTexts(file, verdict) {
  if (!file.recipe) return [];
  const { kind, program } = file.recipe;
  if (!program) return [say(`derived.${kind}`), ...sourcesOf(file, verdict), say("derived.written")];
  const [name, version] = [program.name, program.version].map((text) => isolate(nameText(cut(text))));
  return [say(`derived.${kind}`), ...sourcesOf(file, verdict), say("derived.program", { name, version })];
}

/** The same for the page. @param {FileItem} file @param {Verdict} verdict @returns {HTMLElement | null} */
export function derivedBox(file, verdict) {
  const texts = derivedTexts(file, verdict);
  if (texts.length === 0) return null;
  const [first = "", last = ""] = [texts[0], texts.at(-1)];
  const list = make("ul", "derived-from", ...texts.slice(1, -1).map((text) => make("li", "", text)));
  return make("div", "file-origin", make("p", "", first), list, make("p", "quiet", last));
}

/** @param {FileItem} file @param {Verdict} verdict */
function sourcesOf({ sources }, verdict) {
  return sources.map(({ evidence, excerpt, here }) => {
    const values = { what: nameOf(evidence, verdict), here: say(`derived.here.${here}`) };
    if (!excerpt) return say("derived.from", values);
    return say("derived.from.excerpt", { ...values, from: timecode(excerpt.from), to: timecode(excerpt.to) });
  });
}

/** What it is called here, and else by its number. @param {string} evidence @param {Verdict} verdict */
function nameOf(evidence, { items, files }) {
  const id = say("derived.evidence", { id: isolate(evidence.slice(0, 8)) });
  const item = items.find((one) => one.evidence === evidence);
  const file = files.find((one) => one.evidence === evidence);
  if (file) return `${fileName(file)} (${id})`;
  return item ? `${partName(item)} (${id})` : id;
}

/** The first line of what a program says of itself. @param {string} text */
function cut(text) {
  const [line = ""] = text.split("\n");
  return line.length > LONGEST_VERSION ? `${line.slice(0, LONGEST_VERSION)}…` : line;
}
