import assert from "node:assert/strict";
import { test } from "node:test";
import { addRegion, addStretch, moveStretch } from "../../../web/static/redaction/edits.js";
import { EDITS, key, region, SECOND, several, stretch } from "./editing.js";

const OTHER = "b2".repeat(16);

test("stretches that touch become one and those of another part do not", () => {
  const first = addStretch(EDITS, "cuts", stretch(1, 2));
  const second = addStretch(first, "cuts", stretch(4, 5));
  const joined = addStretch(second, "cuts", stretch(2, 4));
  const apart = addStretch(joined, "cuts", stretch(3, 9, OTHER));
  const moved = moveStretch(apart, "cuts", 0, { from: 0, to: SECOND });
  assert.deepEqual(first.cuts, [stretch(1, 2)]);
  assert.deepEqual(second.cuts, [stretch(1, 2), stretch(4, 5)]);
  assert.deepEqual(joined.cuts, [stretch(1, 5)]);
  assert.deepEqual(apart.cuts, [stretch(1, 5), stretch(3, 9, OTHER)]);
  assert.deepEqual(moved.cuts, [stretch(0, 1), stretch(3, 9, OTHER)]);
  assert.deepEqual(first.bleeps, []);
});

test("more than a list may hold is refused with the number", () => {
  const one = region(key(0), key(1));
  const apart = (at) => stretch(2 * at, 2 * at + 1);
  const full = { ...EDITS, cuts: several(100, apart), bleeps: several(400, apart), regions: several(100, () => one) };
  const long = region(...several(500, (at) => key(at)));
  const many = { ...EDITS, regions: several(10, () => long) };
  for (const [refused, code, n] of [
    [() => addStretch(full, "cuts", stretch(1000, 1001)), "cuts", 100],
    [() => addStretch(full, "bleeps", stretch(1000, 1001)), "bleeps", 400],
    [() => addStretch(EDITS, "bleeps", stretch(2, 2)), "nothing-between", undefined],
    [() => addRegion(full, one), "regions", 100],
    [() => addRegion(many, one), "all-keys", 5000],
  ]) {
    assert.throws(refused, (error) => error.code === code && error.values.n === n, code);
  }
  assert.equal(addStretch(full, "cuts", stretch(1, 2)).cuts.length, 99, "what joins others needs no room");
});
