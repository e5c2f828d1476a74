// @ts-check
// The box that is chosen, in words and numbers: how it covers, from when until when, its keys, its place to the
// hundredth of a percent. Everything that a pointer can do to a box can be done here.

import { begin, end, fit, heldAt, keyAt, SAME } from "./paths.js";
import { exactly, regionName, regionTimes, sentence } from "./words.js";
import { element, inside, onPress, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Film } from "../film/film.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { How } from "./overlay.js" */
/** @import { Box } from "./paths.js" */

const SIDES = /** @type {readonly (keyof Box)[]} */ (Object.freeze(["x", "y", "width", "height"]));
const HUNDRED = 100; // ten-thousandths in one percent

/** How the next box covers, or the chosen one. @returns {How} */
export function howChosen() {
  const chosen = (/** @type {string} */ name) => inside(document, `input[name=${name}]:checked`, HTMLInputElement).value;
  return /** @type {How} */ ({ shape: chosen("shape"), cover: chosen("cover") });
}

/** @param {keyof Box} side */
const fieldOf = (side) => element(`box-${side}`, HTMLInputElement);

/**
 * Shows it, and again after each change.
 *
 * @param {Desk} desk @param {Clock} clock @param {Film} film @param {AbortSignal} signal
 * @returns {(way: 1 | -1) => void} goes to the next key of the chosen box, or the one before
 */
export function prepareRegionPanel(desk, clock, film, signal) {
  const toKey = (/** @type {1 | -1} */ way) => {
    const path = desk.region?.path ?? [];
    const next = way > 0 ? path.find((key) => key.at >= clock.at + SAME) : path.findLast((key) => key.at <= clock.at - SAME);
    if (next) film.seek(next.at);
  };

  function render() {
    const { region, chosen } = desk;
    element("chosen").hidden = region === null;
    element("none-chosen").hidden = region !== null;
    if (!region || !chosen) return;
    element("chosen-name").textContent = regionName(region, chosen.index);
    element("chosen-times").textContent = `${regionTimes(region)} · ${sentence("keys", { n: region.path.length })}`;
    for (const name of /** @type {const} */ (["shape", "cover"])) {
      const input = document.querySelector(`input[name=${name}][value=${region[name]}]`);
      if (input instanceof HTMLInputElement) input.checked = true;
    }
    renderHere();
  }

  /** What of it is true at the moment that is shown. */
  function renderHere() {
    const { region } = desk;
    if (!region) return;
    const { path } = region;
    const { at } = clock;
    const key = keyAt(path, at);
    const where = at < begin(path) ? "before" : at > end(path) ? "after" : key ? "key" : "between";
    setText("chosen-here", say(`here.${where}`, { at: exactly(at) }));
    element("key-remove", HTMLButtonElement).disabled = !key || path.length <= 2;
    element("key-before", HTMLButtonElement).disabled = !path.some((one) => one.at <= at - SAME);
    element("key-after", HTMLButtonElement).disabled = !path.some((one) => one.at >= at + SAME);
    showBox(heldAt(path, at), document.activeElement);
  }

  /** @param {Box} box @param {Element | null} [typed] the field that has the focus */
  function showBox(box, typed = null) {
    for (const side of SIDES) {
      const field = fieldOf(side);
      if (field !== typed) field.value = (box[side] / HUNDRED).toFixed(2);
    }
  }

  function takeTyped() {
    const { region, chosen } = desk;
    if (!region || !chosen) return;
    const values = SIDES.map((side) => [side, fieldOf(side).valueAsNumber * HUNDRED]);
    if (values.some(([, value]) => !Number.isFinite(value))) return renderHere();
    desk.setKey(chosen.index, clock.at, fit(/** @type {Box} */ (Object.fromEntries(values))));
    showBox(heldAt(desk.region?.path ?? region.path, clock.at));
  }

  onPress("key-set", () => desk.setKeyHere(clock.at), signal);
  onPress("key-remove", () => desk.changePath("removeKey", clock.at), signal);
  onPress("key-before", () => toKey(-1), signal);
  onPress("key-after", () => toKey(1), signal);
  onPress("begins-here", () => desk.changePath("beginAt", clock.at), signal);
  onPress("ends-here", () => desk.changePath("endAt", clock.at), signal);
  onPress("remove-region", () => desk.remove(), signal);
  for (const side of SIDES) fieldOf(side).addEventListener("change", takeTyped, { signal });
  for (const name of ["shape", "cover"]) {
    element(`choose-${name}`).addEventListener("change", () => desk.changeHow(howChosen()), { signal });
  }
  desk.addEventListener("change", render, { signal });
  clock.each(renderHere);
  render();
  return toKey;
}
