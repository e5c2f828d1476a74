// @ts-check
// Proposed covers over the pictures they are of: dashed, and out of the way of every pointer. They are answered in the
// list beside them, where they stand in words as well.

import { boxAt } from "./paths.js";
import { place } from "./placing.js";
import { leftToRight, make } from "../page/elements.js";

/** @import { Region } from "./edits.js" */

export class FaceBoxes {
  #frame;
  /** @type {Map<string, HTMLElement>} a layer by camera */
  #layers = new Map();

  /** @param {(picture: string) => HTMLElement | null} frame of a camera */
  constructor(frame) {
    this.#frame = frame;
  }

  /** Shows where these are at a moment. @param {readonly Region[]} regions @param {Region | null} shown the one that is looked at @param {number} at */
  render(regions, shown, at) {
    for (const picture of new Set([...this.#layers.keys(), ...regions.map((one) => one.picture)])) {
      const layer = this.#layer(picture);
      const mine = regions.flatMap((region) => {
        const box = region.picture === picture ? boxAt(region.path, at) : null;
        return box ? [{ box, className: `proposed${region === shown ? " chosen" : ""}` }] : [];
      });
      while (layer && layer.childElementCount > mine.length) layer.lastElementChild?.remove();
      for (const [i, { box, className }] of mine.entries()) {
        const drawn = /** @type {HTMLElement} */ (layer?.children[i] ?? layer?.appendChild(make("div")));
        drawn.className = className;
        place(drawn, box);
      }
    }
  }

  /** @param {string} picture @returns {HTMLElement | null} */
  #layer(picture) {
    const there = this.#layers.get(picture);
    if (there) return there;
    const frame = this.#frame(picture);
    if (!frame) return null;
    const layer = leftToRight(make("div", "proposals"));
    layer.setAttribute("aria-hidden", "true");
    frame.append(layer);
    this.#layers.set(picture, layer);
    return layer;
  }
}
