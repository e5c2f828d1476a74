// @ts-check
// A box of the edits over the frame in which its camera's picture stands whole.

/** @import { Box } from "./paths.js" */

/** @param {HTMLElement} shown @param {Box} box */
export function place(shown, { x, y, width, height }) {
  const share = (/** @type {number} */ n) => `${n / 100}%`;
  shown.style.insetInlineStart = share(x);
  shown.style.insetBlockStart = share(y);
  shown.style.inlineSize = share(width);
  shown.style.blockSize = share(height);
}
