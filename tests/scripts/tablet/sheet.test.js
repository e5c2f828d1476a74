// The sheet on the tablet: what is seen of its acts, and where a pointer is on it.

import assert from "node:assert/strict";
import { test } from "node:test";

const { pointOf, seen } = await import("../../../web/static/tablet/sheet.js");

const stroke = (ink) => ({ ink, points: [[0, 0, 5]] });
const [RED, BLUE, GREEN] = ["red", "blue", "green"].map(stroke);
const of = (...acts) => seen({ figure: "", acts });

test("what was drawn before the sheet was cleared last is not seen, and is again once that is undone", () => {
  assert.deepEqual(of(), []);
  assert.deepEqual(of(RED, BLUE), [RED, BLUE]);
  assert.deepEqual(of(RED, null, BLUE, null, GREEN), [GREEN]);
  assert.deepEqual(of(RED, null), []);
  assert.deepEqual(of(...[RED, null].slice(0, -1)), [RED]);
});

test("a pointer is at the same place of the sheet on every screen", () => {
  const event = { clientX: 110, clientY: 95, pointerType: "mouse", pressure: 0.5 };
  assert.deepEqual(pointOf(event, { left: 10, top: 20, width: 400, height: 300 }), [400, 300, 5]);
  assert.deepEqual(pointOf({ ...event, clientX: 210, clientY: 170 }, { left: 10, top: 20, width: 800, height: 600 }), [400, 300, 5]);
});

test("only a pen's pressure gives the width of its line", () => {
  const box = { left: 0, top: 0, width: 1600, height: 1200 };
  const width = (pointerType, pressure) => pointOf({ clientX: 0, clientY: 0, pointerType, pressure }, box)[2];
  assert.equal(width("pen", 1), 10);
  assert.equal(width("pen", 0.5), 6);
  assert.equal(width("pen", 0), 5); // it has none
  assert.equal(width("touch", 1), 5);
});
