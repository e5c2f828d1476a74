// Rows are sorted as people read them: in their language, numbers by their size, what is missing last.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelectorAll: () => [] }; // a page without such tables
globalThis.HTMLTableCellElement = class {};
const { orderOf } = await import("../../../web/static/page/sorting.js");

const sorted = (values, descending = false, language = "en") =>
  orderOf(values, descending, language).map((at) => values[at]);

test("names are sorted as their language has it, without regard to case", () => {
  assert.deepEqual(sorted(["b", "C", "a", "É", "f"]), ["a", "b", "C", "É", "f"]);
  assert.deepEqual(sorted(["يوسف", "أحمد", "باسم"], false, "ar"), ["أحمد", "باسم", "يوسف"]);
});

test("numbers of cases and times are sorted by their size", () => {
  assert.deepEqual(sorted(["2026-10001", "2026-9999", "2025-0003"]), ["2025-0003", "2026-9999", "2026-10001"]);
  assert.deepEqual(sorted(["2026-01-02T09:00:00Z", "2025-12-31T23:00:00Z"], false, "ar"), [
    "2025-12-31T23:00:00Z", "2026-01-02T09:00:00Z",
  ]);
});

test("the other way round what is missing is last too, and equal ones stay as they stand", () => {
  assert.deepEqual(sorted(["", "a", "", "b"], true), ["b", "a", "", ""]);
  for (const descending of [false, true]) assert.deepEqual(orderOf(["x", "", "x", "X"], descending, "en").at(-1), 1);
  assert.deepEqual(orderOf(["x", "y", "x"], true, "en"), [1, 0, 2]);
});
