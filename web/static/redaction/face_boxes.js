// @ts-check
// Proposed covers over the pictures they are of: dashed, and out of the way of every pointer. They are answered in the
// list beside them, which describes them in words.

import { boxAt } from "./paths.js";
import { place } from "./overlay.js";
import { leftToRight, make } from "../page/elements.js";

/** @import { Region } from "./edits.js" */

/**
 * What draws them.
 *
 * @param {(picture: string) => HTMLElement | null} frameOf the frame of a camera
 * @returns {(regions: readonly Region[], shown: Region | null, at: number) => void} shows where these are at a moment;
 *   `shown`: the one that is looked at
 */
export function faceBoxes(frameOf) {
  /** @type {Map<string, HTMLElement>} a layer by camera */
  const layers = new Map();

  /** @param {string} picture @returns {HTMLElement | null} */
  function layerOf(picture) {
    const there = layers.get(picture);
    if (there) return there;
    const frame = frameOf(picture);
    if (!frame) return null;
    const layer = leftToRight(make("div", "proposals"));
    layer.setAttribute("aria-hidden", "true");
    frame.append(layer);
    layers.set(picture, layer);
    return layer;
  }

  return (regions, shown, at) => {
    for (const picture of new Set([...layers.keys(), ...regions.map((one) => one.picture)])) {
      const boxes = regions.flatMap((region) => {
        const box = region.picture === picture ? boxAt(region.path, at) : null;
        if (!box) return [];
        const drawn = make("div", `proposed${region === shown ? " chosen" : ""}`);
        place(drawn, box);
        return [drawn];
      });
      layerOf(picture)?.replaceChildren(...boxes);
    }
  };
}
