// Keys by the letter on a Latin keyboard, arrows, and the page's list of keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { actOnKey, arrowOf, isTyped, latinKey } from "../../../web/static/page/keys.js";

const pressed = (key, code = "") => ({ key, code, prevented: false, preventDefault() { this.prevented = true; } });

test("a key is named by the letter that stands on it, whatever layout sends", () => {
  for (const [key, code, name] of [
    ["k", "KeyK", "k"], ["K", "KeyK", "k"], ["ن", "KeyK", "k"], ["لا", "KeyB", "b"], ["لآ", "KeyB", "b"], ["ة", "KeyM", "m"], ["m", "Semicolon", "m"], ["ج", "BracketLeft", "["], ["د", "BracketRight", "]"],
    ["و", "Comma", ","], ["ز", "Period", "."], ["-", "Minus", "-"], ["=", "Equal", "="], ["+", "Equal", "+"],
    ["ArrowLeft", "ArrowLeft", "ArrowLeft"], [" ", "Space", " "], ["ش", "IntlBackslash", "ش"],
  ]) assert.equal(latinKey(pressed(key, code)), name, key);
});

test("arrows point, other keys do not", () => {
  assert.deepEqual(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].map((key) => arrowOf({ key })), [{ x: -1, y: 0 }, { x: 1, y: 0 }, { x: 0, y: -1 }, { x: 0, y: 1 }]);
  for (const key of ["a", "Home", "toString", "constructor"]) assert.equal(arrowOf({ key }), null, key);
});

test("a key of the list is done and taken from the browser; another one is left to it", () => {
  const done = [];
  const acts = { k: () => done.push("k"), Delete: () => done.push("delete") };
  const events = [pressed("ن", "KeyK"), pressed("Delete"), pressed("x", "KeyX"), pressed("toString")];
  for (const event of events) actOnKey(event, acts);
  assert.deepEqual(done, ["k", "delete"]);
  assert.deepEqual(events.map(({ prevented }) => prevented), [true, true, false, false]);
});

test("somebody types into fields, not into switches", () => {
  globalThis.HTMLElement = class { matches(selector) { this.asked = selector; return true; } };
  const field = new globalThis.HTMLElement();
  assert.equal(isTyped(field, "select"), true);
  assert.equal(field.asked, "input:not([type=range], [type=radio], [type=checkbox]), select");
  assert.equal(isTyped(null), false);
});
