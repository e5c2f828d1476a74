// @ts-check
// One list of clips as a page shows it: side and title, a row for each clip, and what can be done with them.

import { LONGEST_TITLE, LONGEST_WORDS } from "./clip_list.js";
import { copyOf, inside } from "../page/elements.js";
import { exactTime, readTime } from "../page/times.js";
import { plain, say } from "../page/words.js";

/** @import { Clip } from "./clip_list.js" */
/** A list that may be changed. `saved`: as it is now, in a file. @typedef {{side: string, title: string, clips: Clip[], saved: boolean}} Draft */
/**
 * What a page does with a list.
 *
 * @typedef {object} Acts
 * @property {(clip: Clip) => string | null} lack why it cannot be played here; null where it can
 * @property {(clip: Clip) => string} name of its recording
 * @property {(number: number) => void} play one, from 0
 * @property {() => void} playAll @property {() => void} rehearse @property {() => void} save @property {() => void} close
 * @property {() => void} changed its clips are others, or in another order
 * @property {(sentence: string) => void} trouble
 */

/** @param {Draft} list @param {Acts} acts @returns {HTMLElement} */
export function listedClips(list, acts) {
  const shown = copyOf("clip-list");
  const unsaved = () => {
    list.saved = false;
    showSaved();
  };
  // A list is closed only once it is in a file.
  const showSaved = () => {
    const held = list.saved || list.clips.length === 0;
    inside(shown, ".clips-unsaved").hidden = held;
    inside(shown, ".clips-close").hidden = !held;
  };
  const side = inside(shown, "select", HTMLSelectElement);
  side.value = list.side;
  side.addEventListener("change", () => {
    list.side = side.value;
    acts.changed();
  });
  const title = inside(shown, ".clips-title", HTMLInputElement);
  title.value = plain(list.title);
  title.maxLength = LONGEST_TITLE;
  title.addEventListener("input", () => {
    list.title = title.value;
    unsaved();
  });
  inside(shown, "ol").append(...list.clips.map((_, number) => clipRow(list, number, acts, unsaved)));
  const press = (/** @type {string} */ name, /** @type {() => void} */ act) => {
    const button = inside(shown, name, HTMLButtonElement);
    button.disabled = list.clips.length === 0 && name !== ".clips-close";
    button.addEventListener("click", act);
  };
  press(".clips-play", acts.playAll);
  press(".clips-rehearse", acts.rehearse);
  press(".clips-save", acts.save);
  press(".clips-close", acts.close);
  showSaved();
  return shown;
}

/** @param {Draft} list @param {number} number from 0 @param {Acts} acts @param {() => void} unsaved */
function clipRow(list, number, acts, unsaved) {
  const row = copyOf("clip-row");
  const clip = /** @type {Clip} */ (list.clips[number]);
  const lack = acts.lack(clip);
  inside(row, ".clip-number").textContent = String(number + 1);
  inside(row, ".clip-recording").textContent = acts.name(clip);
  inside(row, ".clip-lack").textContent = lack;
  inside(row, ".clip-lack").hidden = lack === null;
  const words = inside(row, ".clip-words", HTMLInputElement);
  words.value = plain(clip.words);
  words.maxLength = LONGEST_WORDS;
  words.addEventListener("input", () => {
    list.clips[number] = { .../** @type {Clip} */ (list.clips[number]), words: words.value };
    unsaved();
  });
  for (const end of /** @type {const} */ (["from", "to"])) bound(inside(row, `.clip-${end}`, HTMLInputElement), list, number, end, acts);
  const press = (/** @type {string} */ name, /** @type {boolean} */ may, /** @type {() => void} */ act) => {
    const button = inside(row, name, HTMLButtonElement);
    button.disabled = !may;
    button.addEventListener("click", act);
  };
  const put = (/** @type {Clip[]} */ there, /** @type {number} */ at) => {
    list.clips.splice(at, 0, ...there);
    acts.changed();
  };
  press(".clip-play", lack === null, () => acts.play(number));
  press(".clip-up", number > 0, () => put(list.clips.splice(number, 1), number - 1));
  press(".clip-down", number + 1 < list.clips.length, () => put(list.clips.splice(number, 1), number + 1));
  press(".clip-remove", true, () => {
    list.clips.splice(number, 1);
    acts.changed();
  });
  return row;
}

/** @param {HTMLInputElement} input @param {Draft} list @param {number} number @param {"from" | "to"} end @param {Acts} acts */
function bound(input, list, number, end, acts) {
  input.value = exactTime(/** @type {Clip} */ (list.clips[number])[end]);
  input.addEventListener("change", () => {
    const at = readTime(input.value);
    const changed = { .../** @type {Clip} */ (list.clips[number]), [end]: at ?? -1 };
    const wrong = at === null || changed.to <= changed.from;
    input.setAttribute("aria-invalid", String(wrong));
    if (wrong) return acts.trouble(say("clips.bound"));
    list.clips[number] = changed;
    acts.changed();
  });
}
