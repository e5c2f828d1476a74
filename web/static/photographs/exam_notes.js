// @ts-check
// What is noted in a guided set, kept whole each time it changes: sealed to the case, never in clear on the other side.

import { Autosave } from "../page/autosave.js";
import { element, onEvent } from "../page/elements.js";
import { ask, post, whole } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { say } from "../page/words.js";

/** @import { Injury } from "./exam_places.js" */
/**
 * `unseen`: regions in which nothing is seen; `declined`: those that she did not want to have examined.
 *
 * @typedef {{injuries: Injury[], unseen: string[], declined: string[]}} Notes
 */

/** As they are kept. @param {readonly Injury[]} injuries @param {Iterable<string>} unseen @param {Iterable<string>} declined @returns {Notes} */
export const notesOf = (injuries, unseen, declined) => ({
  injuries: injuries.map(({ side, region, x, y, term, words, intimate, agreed, removed, size }) => ({
    ...{ side, region, x, y, term, words, intimate, agreed, removed, size },
  })),
  unseen: [...unseen].sort(),
  declined: [...declined].sort(),
});

/** @param {string} address of the set @param {number} newest version that is known here */
export function keepNotes(address, newest) {
  const notes = new Autosave(newest, {
    save: async (base, /** @type {Notes} */ content) => (await post(`${address}/notes`, { ...content, base })).base,
    newest: async () => {
      const page = new DOMParser().parseFromString(await whole((await ask(address)).text()), "text/html");
      const { injuries, unseen, declined } = JSON.parse(page.getElementById("notes")?.textContent ?? "{}");
      return { version: Number(page.getElementById("set")?.dataset.newest), content: notesOf(injuries, unseen, declined) };
    },
    movedOn: "notes-moved-on",
  }, { quiet: 1_200, again: 4_000, refused: 4_000 });
  onEvent(notes, "state", ({ state, words }) => {
    if (state === "changed" || state === "saving") return;
    if (state === "saved") element("said").textContent = say("saved");
    else element("trouble").textContent = words ? inOne(words) : say("unsaved");
    element("trouble").hidden = state === "saved";
  });
  notes.guardPage();
  return notes;
}
