// @ts-check
// Which key was pressed, by its letter on a Latin keyboard: with an Arabic layout the key of K sends
// another letter, that of B even two, and is still the key that the page's list of keys names.

/** @type {Record<string, string>} */
const SIGNS = Object.freeze({ BracketLeft: "[", BracketRight: "]", Comma: ",", Period: ".", Minus: "-", Equal: "+" });

/** @param {KeyboardEvent} event @returns {string} a small letter, a sign, or the key's own name ("ArrowLeft") */
export function latinKey({ key, code }) {
  if (/^[!-~]{2,}$/.test(key)) return key;
  if (/^[ -~]$/.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : (SIGNS[code] ?? key);
}

/** @type {Record<string, {x: number, y: number}>} */
const ARROWS = Object.freeze({ ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } });

/** The way that an arrow key points; null for another key. @param {KeyboardEvent} event */
export const arrowOf = ({ key }) => (Object.hasOwn(ARROWS, key) ? ARROWS[key] : null);

/** Whether the key is typed there: into a field, or one of these. @param {EventTarget | null} target @param {string} [others] a selector */
export const isTyped = (target, others = "textarea") =>
  target instanceof HTMLElement && target.matches(`input:not([type=range], [type=radio], [type=checkbox]), ${others}`);

/**
 * Does what this key does by the page's list of keys.
 *
 * @param {KeyboardEvent} event @param {Record<string, () => void>} acts by `latinKey`
 */
export function actOnKey(event, acts) {
  const key = latinKey(event);
  if (!Object.hasOwn(acts, key)) return;
  event.preventDefault();
  acts[key]();
}
