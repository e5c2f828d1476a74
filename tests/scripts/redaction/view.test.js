import assert from "node:assert/strict";
import { test } from "node:test";
import { View } from "../../../web/static/redaction/view.js";
import { SECOND } from "./editing.js";

test("a view zooms around a moment and stays inside the recording", () => {
  const view = new View(0, 3600 * SECOND);
  const shown = () => [view.from, view.to];
  view.zoom(0.5, 900 * SECOND);
  assert.deepEqual(shown(), [450 * SECOND, 2250 * SECOND], "a quarter before it, as it was");
  view.zoom(0.000001, 900 * SECOND);
  assert.deepEqual(shown(), [899_750_000, 900_750_000], "never less than a second");
  view.zoom(10, 900 * SECOND);
  assert.deepEqual(shown(), [897_500_000, 907_500_000]);
  view.move(9999 * SECOND);
  assert.deepEqual(shown(), [3590 * SECOND, 3600 * SECOND]);
  view.whole();
  assert.deepEqual(shown(), [0, 3600 * SECOND]);
});

test("a view follows what plays and knows where a moment lies", () => {
  const view = new View(0, 100 * SECOND);
  view.zoom(0.1, 0);
  assert.equal(view.follow(5 * SECOND), false);
  assert.equal(view.follow(11 * SECOND), true);
  assert.deepEqual([view.from, view.to], [10_500_000, 20_500_000]);
  assert.equal(view.place(15_500_000, 1000), 500);
  assert.equal(view.moment(2000, 1000), 30_500_000);
  assert.deepEqual(view.marks(1000, 110), [12, 14, 16, 18, 20].map((at) => at * SECOND));
});
