// @ts-check
// What is covered, silenced and cut of an interview, as data: the operations of the editor, each from edits to edits.
//
// Pure: nothing is changed in place, so that every earlier state can be had back. The rules are those by which the
// center reads the edits (casework/redaction/edits.py); here they are met while drawing, and named.

import { MOST, Unfit } from "./rules.js";

/** @import { Path } from "./paths.js" */
/** @typedef {"rectangle" | "ellipse"} Shape */
/** @typedef {"black" | "blur" | "pixelate"} Cover */
/** @typedef {"as-recorded" | "lower" | "higher"} Voice */
/** A stretch of one part, µs of its timeline. @typedef {{evidence: string, from: number, to: number}} Stretch */
/** `picture`: a camera's name. @typedef {{evidence: string, picture: string, shape: Shape, cover: Cover, path: Path}} Region */
/**
 * @typedef {object} Edits
 * @property {string} layout @property {readonly string[]} pictures @property {readonly string[]} sounds
 * @property {number} offset minutes
 * @property {boolean} blur @property {Voice} voice
 * @property {readonly Stretch[]} cuts @property {readonly Stretch[]} bleeps @property {readonly Region[]} regions
 */
/** @typedef {"cuts" | "bleeps"} Stretches */

/** @param {Edits} edits @param {Region} region @returns {Edits} with it as the last one @throws {Unfit} */
export function addRegion(edits, region) {
  if (edits.regions.length >= MOST.regions) throw new Unfit("regions", { n: MOST.regions });
  return withRegions(edits, [...edits.regions, region]);
}

/** How many of these there is room for, taken one after the other. @param {Edits} edits @param {readonly Region[]} regions @returns {number} */
export function roomFor(edits, regions) {
  let keys = MOST.keys - edits.regions.reduce((sum, { path }) => sum + path.length, 0);
  const within = regions.slice(0, Math.max(MOST.regions - edits.regions.length, 0));
  const first = within.findIndex(({ path }) => (keys -= path.length) < 0);
  return first < 0 ? within.length : first;
}

/** @param {Edits} edits @param {number} index @param {Partial<Region>} change @returns {Edits} @throws {Unfit} */
export function changeRegion(edits, index, change) {
  return withRegions(edits, edits.regions.map((one, i) => (i === index ? { ...one, ...change } : one)));
}

/** @param {Edits} edits @param {number} index @returns {Edits} */
export function removeRegion(edits, index) {
  return withRegions(edits, edits.regions.filter((_, i) => i !== index));
}

/** @param {Edits} edits @param {readonly Region[]} regions @returns {Edits} */
function withRegions(edits, regions) {
  if (regions.reduce((sum, { path }) => sum + path.length, 0) > MOST.keys) throw new Unfit("all-keys", { n: MOST.keys });
  return { ...edits, regions };
}

/**
 * With one more stretch. Where it touches others of its kind they become one, which says the same.
 *
 * @param {Edits} edits @param {Stretches} kind @param {Stretch} stretch @returns {Edits} @throws {Unfit}
 */
export function addStretch(edits, kind, stretch) {
  if (stretch.to <= stretch.from) throw new Unfit("nothing-between");
  const touched = edits[kind].filter((one) => touches(one, stretch));
  const joined = {
    evidence: stretch.evidence,
    from: Math.min(stretch.from, ...touched.map(({ from }) => from)),
    to: Math.max(stretch.to, ...touched.map(({ to }) => to)),
  };
  const others = edits[kind].filter((one) => !touched.includes(one));
  if (others.length >= MOST[kind]) throw new Unfit(kind, { n: MOST[kind] });
  return { ...edits, [kind]: [...others, joined].sort(inOrder) };
}

/** @param {Edits} edits @param {Stretches} kind @param {number} index @returns {Edits} */
export function removeStretch(edits, kind, index) {
  return { ...edits, [kind]: edits[kind].filter((_, i) => i !== index) };
}

/** The same stretch at other times. @param {Edits} edits @param {Stretches} kind @param {number} index @param {{from: number, to: number}} times @returns {Edits} @throws {Unfit} */
export function moveStretch(edits, kind, index, { from, to }) {
  const { evidence } = /** @type {Stretch} */ (edits[kind][index]);
  return addStretch(removeStretch(edits, kind, index), kind, { evidence, from, to });
}

/** The place of a stretch in the list. @param {Edits} edits @param {Stretches} kind @param {Stretch} stretch @returns {number} */
export function placeOf(edits, kind, stretch) {
  return edits[kind].findIndex((one) => touches(one, stretch));
}

/** The stretch of its kind that a moment is in. @param {readonly Stretch[]} stretches @param {string} evidence @param {number} at */
export const stretchAt = (stretches, evidence, at) =>
  stretches.find((one) => one.evidence === evidence && one.from <= at && at < one.to) ?? null;

/** @param {Stretch} one @param {Stretch} other */
const touches = (one, other) => one.evidence === other.evidence && one.from <= other.to && other.from <= one.to;

/** @param {Stretch} a @param {Stretch} b */
const inOrder = (a, b) => (a.evidence === b.evidence ? a.from - b.from : a.evidence < b.evidence ? -1 : 1);
