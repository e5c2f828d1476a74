// @ts-check
// Which key was pressed, by the letter that stands on it on a Latin keyboard: with an Arabic layout the key of K sends
// another letter, and is still the key that the page's list of keys names.

/** @type {Record<string, string>} */
const SIGNS = Object.freeze({ BracketLeft: "[", BracketRight: "]", Comma: ",", Period: ".", Minus: "-", Equal: "+" });

/** @param {KeyboardEvent} event @returns {string} a small letter, a sign, or the key's own name ("ArrowLeft") */
export function latinKey({ key, code }) {
  if (key.length > 1) return key;
  if (/^[ -~]$/.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : (SIGNS[code] ?? key);
}
