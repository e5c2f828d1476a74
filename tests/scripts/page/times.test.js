import assert from "node:assert/strict";
import { test } from "node:test";
import { exactTime, readTime } from "../../../web/static/page/times.js";
import { SECOND } from "../redaction/editing.js";

test("times are read as people type them", () => {
  const times = [["0:05", 5 * SECOND], [" 01:02:03.5 ", 3_723_500_000], ["90:00", 5400 * SECOND], ["0:00,25", 250_000]];
  for (const [typed, at] of times) assert.equal(readTime(typed), at, typed);
  for (const typed of ["1:60", "1:75:00", "12", "", "-1:00"]) assert.equal(readTime(typed), null, typed);
});

test("times are written to the hundredth and read back", () => {
  const written = ["00:00:00.00", "00:00:03.20", "12:34:56.99"];
  assert.deepEqual([0, 3_204_567, 45_296_999_999].map(exactTime), written);
  assert.deepEqual(written.map(readTime), [0, 3_200_000, 45_296_990_000]);
});
