// @ts-check
// What a person enters about one photograph of a comparison sheet, as the center takes it (casework/comparison_sheets/comparison.py).

import { latinDigits } from "../proof/digits.js";

/** @typedef {{x: number, y: number}} Point */

const DIRECTION = /[\u061c\u200e\u200f]/g; // marks of direction, which keyboards and pasted text bring along

/**
 * Whether one of these points is not in what is shown, so that the sheet says so.
 *
 * @param {Point & {width: number, height: number}} shown @param {Point[]} points
 */
export function cutOff({ x, y, width, height }, points) {
  return !points.every((at) => at.x >= x && at.x < x + width && at.y >= y && at.y < y + height);
}

/**
 * A length as people type it, with the digits and the decimal sign of any Arabic or Persian keyboard.
 *
 * @param {string} typed in millimetres @returns {number} µm; NaN where it is no length
 */
export function micrometres(typed) {
  const plain = latinDigits(typed.normalize("NFKC"))
    .replace(DIRECTION, "")
    .trim()
    .replace(/[,\u060c\u066b]/, ".");
  return /^\d{1,4}(\.\d{1,3})?$/.test(plain) ? Math.round(Number(plain) * 1000) : NaN;
}

/** The words under it, as the center takes them. @param {string} typed */
export const labelOf = (typed) => typed.replace(DIRECTION, "").replace(/\s+/g, " ").trim();

/** Whether they have an invisible character, which the center refuses. @param {string} label */
export const hasInvisible = (label) => /[\p{C}\p{Z}]/u.test(label.replace(/(?<=\p{L})\u200c(?=\p{L})/gu, "").replaceAll(" ", ""));
