// Where a box is at a moment, boxes that are drawn, and the scale of the timeline.

import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, between, boxAt, end, heldAt, keyAt, samePath, SAME } from "../../../web/static/redaction/paths.js";
import { View } from "../../../web/static/redaction/view.js";
import { box, key, SECOND } from "./editing.js";

const PATH = [key(10, 0, 0), key(20, 1000, 500), key(40, 1000, 500)];

test("between its keys a box goes in a straight line, in whole numbers, up from the middle", () => {
  assert.deepEqual(boxAt(PATH, 15 * SECOND), box(500, 250));
  assert.deepEqual(boxAt([key(0, 0), key(2, 1)], SECOND), box(1), "half is rounded up");
  assert.deepEqual(boxAt([key(0, 1), key(2, 0)], SECOND), box(1), "on its way down as well");
  assert.deepEqual(boxAt(PATH, 30 * SECOND), box(1000, 500));
});

test("it is there from its first key to its last, and nowhere else", () => {
  assert.deepEqual([begin(PATH), end(PATH)], [10 * SECOND, 40 * SECOND]);
  assert.deepEqual([boxAt(PATH, 10 * SECOND - 1), boxAt(PATH, 40 * SECOND + 1)], [null, null]);
  assert.deepEqual([boxAt(PATH, 10 * SECOND), boxAt(PATH, 40 * SECOND)], [box(0, 0), box(1000, 500)]);
});

test("before and after it would stand as it first and last does", () => {
  assert.deepEqual([heldAt(PATH, 0), heldAt(PATH, 15 * SECOND), heldAt(PATH, 60 * SECOND)], [box(0, 0), box(500, 250), box(1000, 500)]);
});

test("the key that is meant is the nearest within less than a picture", () => {
  assert.equal(keyAt(PATH, 20 * SECOND + SAME - 1), PATH[1]);
  assert.equal(keyAt(PATH, 20 * SECOND + SAME), null);
  const close = [key(10), { ...key(10), at: 10 * SECOND + 10_000 }];
  assert.equal(keyAt(close, 10 * SECOND + 6_000), close[1]);
});

test("a box is drawn between two corners, whichever they are, inside the frame", () => {
  assert.deepEqual(between({ x: 300, y: 700 }, { x: 100, y: 200 }), box(100, 200, 200, 500));
  assert.deepEqual(between({ x: -500, y: 9_000 }, { x: 500, y: 12_000 }), box(0, 9000, 500, 1000));
  assert.deepEqual(between({ x: 20_000, y: 5 }, { x: 30_000, y: 5 }), box(9999, 5, 1, 1), "never without width or height");
});

test("two paths are the same where each key is", () => {
  assert.equal(samePath(PATH, structuredClone(PATH)), true);
  assert.equal(samePath(PATH, PATH.slice(1)), false);
  assert.equal(samePath(PATH.slice(1), PATH), false);
  assert.equal(samePath(PATH, [...PATH.slice(0, 2), key(40, 1001, 500)]), false);
  assert.equal(samePath(PATH, [...PATH.slice(0, 2), key(41, 1000, 500)]), false);
});

test("the times written on the line are far enough apart, in round steps", () => {
  const steps = (seconds, width) => {
    const marks = new View(0, seconds * SECOND).marks(width, 110);
    return [marks.length, (marks[1] - marks[0]) / SECOND];
  };
  assert.deepEqual([steps(1, 1000), steps(60, 1000), steps(3600, 1000), steps(86_400, 1000)], [[6, 0.2], [7, 10], [7, 600], [13, 7200]]);
});

test("a view of less than a second is one of a second, and a moment lies inside the recording", () => {
  const view = new View(5 * SECOND, 5 * SECOND);
  assert.deepEqual([view.from, view.to, view.isWhole], [5 * SECOND, 6 * SECOND, true]);
  assert.deepEqual([view.moment(-50, 100), view.moment(500, 100), view.moment(0, 0)], [5 * SECOND, 6 * SECOND, 5 * SECOND]);
});
