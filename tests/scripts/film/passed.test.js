// Stretches that a film passes over, and how it keeps close to what is being recorded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isTooFar, LIVE_BEHIND, liveSpeed } from "../../../web/static/film/live_pace.js";
import { Passed } from "../../../web/static/film/passed.js";

test("a moment in a stretch becomes its end, also where another begins there", () => {
  const passed = new Passed();
  passed.set([{ from: 10, to: 20 }, { from: 20, to: 30 }, { from: 50, to: 60 }]);
  assert.deepEqual([9, 10, 19, 20, 30, 49, 55].map((at) => passed.over(at, 100)), [9, 30, 30, 30, 30, 49, 60]);
});

test("one that lasts until the end ends there", () => {
  const passed = new Passed();
  passed.set([{ from: 10, to: Number.MAX_SAFE_INTEGER }]);
  assert.deepEqual([passed.over(9, 100), passed.over(50, 100)], [9, 100]);
});

test("one that somebody has shown is passed over no more, and the others are", () => {
  const passed = new Passed();
  const spans = [{ from: 10, to: 20 }, { from: 30, to: 40 }];
  passed.set(spans);
  passed.admit(spans[0]);
  passed.admit({ from: 30, to: 40 }); // another one that only looks like it
  assert.deepEqual([passed.over(15, 100), passed.over(35, 100)], [15, 40]);
});

test("what is recorded is played a little slower near its end, and faster far from it", () => {
  assert.deepEqual([0, LIVE_BEHIND / 2 - 1, LIVE_BEHIND / 2, 2 * LIVE_BEHIND, 2 * LIVE_BEHIND + 1].map(liveSpeed), [0.95, 0.95, 1, 1, 1.08]);
  assert.deepEqual([2_499_999, 2_500_000].map(isTooFar), [false, true]);
});
