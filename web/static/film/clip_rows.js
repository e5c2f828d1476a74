// @ts-check
// One list of clips as a page shows it: side and title, a row for each clip, and what can be done with them.

import { LONGEST_TITLE, LONGEST_WORDS } from "./clip_list.js";
import { copyOf, inside } from "../page/elements.js";
import { exactTime, readTime } from "../page/times.js";
import { plain, say } from "../page/words.js";

/** @import { Clip } from "./clip_list.js" */
/** A list that may be changed. `side`: "" until it is chosen. `saved`: as it is now, in a file. `opened`: from one. @typedef {{side: string, title: string, clips: Clip[], saved: boolean, opened: boolean}} Draft */
/**
 * What a page does with a list.
 *
 * @typedef {object} Acts
 * @property {(clip: Clip) => string | null} lack why it cannot be played here; null where it can
 * @property {(clip: Clip) => string} name of its recording
 * @property {(number: number) => void} play one, from 0
 * @property {() => void} playAll @property {() => void} rehearse @property {() => void} save @property {() => void} close
 * @property {() => void} changed its clips are others, or in another order @property {() => void} moved one has other bounds
 * @property {(sentence: string) => void} trouble
 */

/** Who made a list. @param {string} side "" until it is chosen */
export const sideText = (side) => say(`clips.side.${side || "none"}`);

/** Has the focus at the same place among the lists after they are made anew. @param {HTMLElement} lists @param {() => void} renew */
export function keepFocus(lists, renew) {
  const focused = document.activeElement;
  const list = focused?.closest(".clip-list");
  const row = focused?.closest(".clip");
  const place = (/** @type {Element} */ one) => `:nth-child(${[...(one.parentElement?.children ?? [])].indexOf(one) + 1})`;
  const name = focused?.classList[0] ? `.${focused.classList[0]}` : focused?.localName;
  const selector = list && lists.contains(list) ? `.clip-list${place(list)} ${row ? `.clip${place(row)} ` : ""}${name}` : null;
  renew();
  const there = selector && lists.querySelector(selector);
  if (there instanceof HTMLElement) there.focus();
}

/** @param {Draft} list @param {Acts} acts @returns {HTMLElement} */
export function listedClips(list, acts) {
  const shown = copyOf("clip-list");
  const close = inside(shown, ".clips-close", HTMLButtonElement);
  const isHeld = () => list.saved || list.clips.length === 0;
  const showSaved = () => {
    inside(shown, ".clips-unsaved").hidden = isHeld();
    inside(shown, ".clips-save", HTMLButtonElement).disabled = list.clips.length === 0 || list.side === "";
  };
  const unsaved = () => {
    list.saved = false;
    showSaved();
  };
  const side = inside(shown, "select", HTMLSelectElement);
  side.value = list.side;
  side.addEventListener("change", () => {
    list.side = side.value;
    unsaved();
    acts.moved();
  });
  const title = inside(shown, ".clips-title", HTMLInputElement);
  title.value = plain(list.title);
  title.maxLength = LONGEST_TITLE;
  title.addEventListener("input", () => {
    list.title = title.value;
    unsaved();
  });
  inside(shown, "ol").append(...list.clips.map((_, number) => clipRow(list, number, acts, unsaved)));
  shown.setAttribute("aria-label", `${sideText(list.side)} ${plain(list.title)}`);
  const press = (/** @type {string} */ name, /** @type {() => void} */ act) => {
    const button = inside(shown, name, HTMLButtonElement);
    button.disabled = list.clips.length === 0;
    button.addEventListener("click", act);
  };
  press(".clips-play", acts.playAll);
  press(".clips-rehearse", acts.rehearse);
  press(".clips-save", acts.save);
  close.addEventListener("click", () => {
    const asked = close.textContent === say("clips.discard");
    if (isHeld() || asked) acts.close();
    else close.textContent = say("clips.discard"); // a second press does
  });
  showSaved();
  return shown;
}

/** @param {Draft} list @param {number} number from 0 @param {Acts} acts @param {() => void} unsaved */
function clipRow(list, number, acts, unsaved) {
  const row = copyOf("clip-row");
  const clip = /** @type {Clip} */ (list.clips[number]);
  const showLack = () => {
    const lack = acts.lack(/** @type {Clip} */ (list.clips[number]));
    inside(row, ".clip-lack").textContent = lack;
    inside(row, ".clip-lack").hidden = lack === null;
    inside(row, ".clip-play", HTMLButtonElement).disabled = lack !== null;
  };
  inside(row, ".clip-number").textContent = String(number + 1);
  inside(row, ".clip-recording").textContent = acts.name(clip);
  const words = inside(row, ".clip-words", HTMLInputElement);
  words.value = plain(clip.words);
  words.maxLength = LONGEST_WORDS;
  words.addEventListener("input", () => {
    list.clips[number] = { .../** @type {Clip} */ (list.clips[number]), words: words.value };
    unsaved();
  });
  for (const end of /** @type {const} */ (["from", "to"])) {
    bound(inside(row, `.clip-${end}`, HTMLInputElement), list, number, end, acts.trouble, () => {
      unsaved();
      showLack();
      acts.moved();
    });
  }
  const press = (/** @type {string} */ name, /** @type {boolean} */ may, /** @type {() => void} */ act) => {
    const button = inside(row, name, HTMLButtonElement);
    button.disabled = !may;
    button.addEventListener("click", act);
  };
  const put = (/** @type {Clip[]} */ there, /** @type {number} */ at) => {
    list.clips.splice(at, 0, ...there);
    acts.changed();
  };
  press(".clip-play", true, () => acts.play(number));
  press(".clip-up", number > 0, () => put(list.clips.splice(number, 1), number - 1));
  press(".clip-down", number + 1 < list.clips.length, () => put(list.clips.splice(number, 1), number + 1));
  press(".clip-remove", true, () => {
    list.clips.splice(number, 1);
    acts.changed();
  });
  for (const control of row.querySelectorAll("button, input")) {
    control.setAttribute("aria-label", `${control.getAttribute("aria-label") ?? control.textContent} · ${number + 1}`);
  }
  showLack();
  return row;
}

/**
 * One end of a clip, as it is typed.
 *
 * @param {HTMLInputElement} input @param {Draft} list @param {number} number @param {"from" | "to"} end
 * @param {(sentence: string) => void} trouble @param {() => void} moved
 */
function bound(input, list, number, end, trouble, moved) {
  input.value = exactTime(/** @type {Clip} */ (list.clips[number])[end]);
  input.addEventListener("change", () => {
    const at = readTime(input.value);
    const changed = { .../** @type {Clip} */ (list.clips[number]), [end]: at ?? -1 };
    const wrong = at === null || changed.to <= changed.from;
    input.setAttribute("aria-invalid", String(wrong));
    trouble(wrong ? say("clips.bound") : "");
    if (wrong) return;
    list.clips[number] = changed;
    moved();
  });
}
