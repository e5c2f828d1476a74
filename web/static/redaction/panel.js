// @ts-check
// The box that is chosen, in words and numbers: how it covers, from when until when, its keys, its place to the
// hundredth of a percent. Everything that a pointer can do to a box can be done here.

import { begin, end, fit, heldAt, keyAt, SAME } from "./paths.js";
import { exactly, regionName, regionTimes, sentence } from "./words.js";
import { element, onPress, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Film } from "../film/film.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { How } from "./overlay.js" */
/** @import { Box } from "./paths.js" */

const SIDES = /** @type {readonly (keyof Box)[]} */ (Object.freeze(["x", "y", "width", "height"]));
const HUNDRED = 100; // ten-thousandths in one percent

export class RegionPanel {
  #desk;
  #clock;
  #film;

  /** @param {Desk} desk @param {Clock} clock @param {Film} film @param {AbortSignal} signal */
  constructor(desk, clock, film, signal) {
    this.#desk = desk;
    this.#clock = clock;
    this.#film = film;
    onPress("key-set", () => desk.setKeyHere(clock.at), signal);
    onPress("key-remove", () => desk.changePath("removeKey", clock.at), signal);
    onPress("key-before", () => this.toKey(-1), signal);
    onPress("key-after", () => this.toKey(1), signal);
    onPress("begins-here", () => desk.changePath("beginAt", clock.at), signal);
    onPress("ends-here", () => desk.changePath("endAt", clock.at), signal);
    onPress("remove-region", () => desk.remove(), signal);
    for (const side of SIDES) this.#field(side).addEventListener("change", () => this.#typed(), { signal });
    for (const name of ["shape", "cover"]) {
      element(`choose-${name}`, HTMLElement).addEventListener("change", () => this.#how(), { signal });
    }
    desk.addEventListener("change", () => this.render(), { signal });
    clock.each(() => this.#here());
    this.render();
  }

  /** How the next box covers, or the chosen one. @returns {How} */
  static how() {
    const chosen = (/** @type {string} */ name) => document.querySelector(`input[name=${name}]:checked`);
    return /** @type {How} */ (
      Object.fromEntries(["shape", "cover"].map((name) => [name, /** @type {HTMLInputElement} */ (chosen(name)).value]))
    );
  }

  #how() {
    const { region } = this.#desk;
    const how = RegionPanel.how();
    if (region && (region.shape !== how.shape || region.cover !== how.cover)) this.#desk.changeHow(how);
  }

  /** @param {keyof Box} side */
  #field(side) {
    return element(`box-${side}`, HTMLInputElement);
  }

  /** To the next key of the chosen box, or the one before. @param {1 | -1} way */
  toKey(way) {
    const { region } = this.#desk;
    if (!region) return;
    const { at } = this.#clock;
    const keys = way > 0 ? region.path.filter((key) => key.at >= at + SAME) : region.path.filter((key) => key.at <= at - SAME);
    const next = way > 0 ? keys[0] : keys.at(-1);
    if (next) this.#film.seek(next.at);
  }

  render() {
    const { region, chosen } = this.#desk;
    element("chosen", HTMLElement).hidden = region === null;
    element("none-chosen", HTMLElement).hidden = region !== null;
    if (!region || !chosen) return;
    element("chosen-name", HTMLElement).textContent = regionName(region, chosen.index);
    element("chosen-times", HTMLElement).textContent = `${regionTimes(region)} · ${sentence("keys", { n: region.path.length })}`;
    for (const name of /** @type {const} */ (["shape", "cover"])) {
      const input = document.querySelector(`input[name=${name}][value=${region[name]}]`);
      if (input instanceof HTMLInputElement) input.checked = true;
    }
    this.#here();
  }

  /** What of it is true at the moment that is shown. */
  #here() {
    const { region } = this.#desk;
    if (!region) return;
    const { path } = region;
    const { at } = this.#clock;
    const key = keyAt(path, at);
    const where = at < begin(path) ? "before" : at > end(path) ? "after" : key ? "key" : "between";
    setText("chosen-here", say(`here.${where}`, { at: exactly(at) }));
    element("key-remove", HTMLButtonElement).disabled = !key || path.length <= 2;
    element("key-before", HTMLButtonElement).disabled = !path.some((one) => one.at <= at - SAME);
    element("key-after", HTMLButtonElement).disabled = !path.some((one) => one.at >= at + SAME);
    const box = heldAt(path, at);
    for (const side of SIDES) {
      const field = this.#field(side);
      if (field !== document.activeElement) field.value = (box[side] / HUNDRED).toFixed(2);
    }
  }

  #typed() {
    const { region, chosen } = this.#desk;
    if (!region || !chosen) return;
    const values = SIDES.map((side) => [side, this.#field(side).valueAsNumber * HUNDRED]);
    if (values.some(([, value]) => !Number.isFinite(value))) return this.#here();
    this.#desk.setKey(chosen.index, this.#clock.at, fit(/** @type {Box} */ (Object.fromEntries(values))));
    const box = heldAt(this.#desk.region?.path ?? region.path, this.#clock.at);
    for (const side of SIDES) this.#field(side).value = (box[side] / HUNDRED).toFixed(2);
  }
}
