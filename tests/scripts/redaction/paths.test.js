// Where a cover is, and how its way is changed. That the center has it in the same place:
// tests/unit/player/test_scripts_agree.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { beginAt, endAt, fit, removeKey, setKey } from "../../../web/static/redaction/paths.js";
import { box, key, SECOND, several } from "./editing.js";

test("what stood still until its end stays where it is put and does not creep back", () => {
  const path = [key(0), key(60)];
  const moved = box(500, 600);
  const once = setKey(path, 10 * SECOND, moved);
  assert.deepEqual(once, [key(0), key(10, 500, 600), key(60, 500, 600)]);
  assert.deepEqual(setKey(once, 20 * SECOND, box()), [...once.slice(0, 2), key(20), key(60)]);
  const atItsEnd = setKey(path, 60 * SECOND, moved);
  assert.deepEqual(atItsEnd, [key(0), key(60, 500, 600)]);
  assert.deepEqual(setKey(atItsEnd, 30 * SECOND, box(9)), [key(0), key(30, 9), key(60, 500, 600)]);
});

test("a key beyond the ends makes the path longer and one beside another is that one", () => {
  const path = [key(10, 1), key(20, 2)];
  assert.deepEqual(setKey(path, 5 * SECOND, box(7)), [key(5, 7), ...path]);
  assert.deepEqual(setKey(path, 30 * SECOND, box(7)), [...path, key(30, 7)]);
  assert.deepEqual(setKey(path, 10 * SECOND + 15_000, box(7)), [key(10, 7), key(20, 2)]);
});

test("a path begins and ends where it is told to", () => {
  const path = [key(10, 0), key(20, 100), key(30, 300)];
  assert.deepEqual(beginAt(path, 15 * SECOND), [key(15, 50), ...path.slice(1)]);
  assert.deepEqual(beginAt(path, 0), [key(0, 0), ...path]);
  assert.deepEqual(endAt(path, 25 * SECOND), [...path.slice(0, 2), key(25, 200)]);
  assert.deepEqual(endAt(path, 40 * SECOND), [...path, key(40, 300)]);
  const most = several(500, (at) => key(at));
  for (const [refused, code] of [
    [() => beginAt(path, 30 * SECOND), "nothing-left"],
    [() => endAt(path, 10 * SECOND), "nothing-left"],
    [() => removeKey(path.slice(0, 2), 10 * SECOND), "two-keys"],
    [() => removeKey(path, 12 * SECOND), "no-key"],
    [() => setKey(most, 600 * SECOND, box()), "keys"],
  ]) {
    assert.throws(refused, { code });
  }
});

test("a box stays inside the frame", () => {
  assert.deepEqual(fit(box(-50, 20.4, 300.6, 0)), box(0, 20, 301, 1));
  assert.deepEqual(fit(box(9900, 9999, 300, 300)), box(9700, 9700, 300, 300));
  assert.deepEqual(fit(box(5, 5, 20_000, 20_000)), box(0, 0, 10_000, 10_000));
});
