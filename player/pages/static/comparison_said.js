// @ts-check
// What is said of one photograph of a comparison sheet, as the center takes it (casework/comparison.py).

/** @typedef {{x: number, y: number}} Point */

/**
 * Whether one of these points is not in what is shown, so that the sheet says so.
 *
 * @param {Point & {width: number, height: number}} shown @param {Point[]} points
 */
export function cutOff({ x, y, width, height }, points) {
  return !points.every((at) => at.x >= x && at.x < x + width && at.y >= y && at.y < y + height);
}
