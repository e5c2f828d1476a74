// What the page of comparison sheets makes of what people type. That the center takes it for the same:
// tests/unit/player/test_scripts_agree.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasInvisible, labelOf, micrometres } from "../../../web/static/comparison/entries.js";

test("a length is read in the digits of every keyboard here", () => {
  const lengths = [
    ["50", 50_000],
    [" 12.5 ", 12_500],
    ["12,5", 12_500],
    ["٥٠", 50_000],
    ["۵۰", 50_000],
    ["١٢٫٥", 12_500],
    ["۱۲٫۵", 12_500],
    ["١٢،٥", 12_500],
    ["١٢.٣٤٥", 12_345],
    ["\u200f٥٠\u200e", 50_000],
    ["５０", 50_000],
    ["1000", 1_000_000],
  ];
  for (const [typed, expected] of lengths) assert.equal(micrometres(typed), expected, typed);
  for (const typed of ["1٬000", "1,000,0", "٥٠ مم", "-5", "½", ""]) assert.ok(Number.isNaN(micrometres(typed)), typed);
});

test("a label keeps the signs that Persian needs and loses marks of direction; of others it says that they are there", () => {
  const labels = [
    ["\u200fa\u200e", "a", false],
    [" \u200ea", "a", false],
    ["\u0645\u200c\u0645", "\u0645\u200c\u0645", false],
    ["a\u200ca", "a\u200ca", false],
    ["\u0645\u200c ", "\u0645\u200c", true],
    ["a\u200da", "a\u200da", true],
  ];
  for (const [typed, label, invisible] of labels) {
    assert.equal(labelOf(typed), label);
    assert.equal(hasInvisible(label), invisible, JSON.stringify(label));
  }
});
