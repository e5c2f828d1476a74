// Tabs by the keyboard, in both directions of writing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTab } from "../../../web/static/page/tabs.js";

test("arrows follow the eye, and lead from the last tab to the first", () => {
  assert.equal(nextTab("ArrowRight", 0, 4, false), 1);
  assert.equal(nextTab("ArrowRight", 3, 4, false), 0);
  assert.equal(nextTab("ArrowLeft", 0, 4, false), 3);
  assert.equal(nextTab("ArrowLeft", 0, 4, true), 1);
  assert.equal(nextTab("ArrowRight", 0, 4, true), 3);
});

test("home and end lead to the first and the last; other keys nowhere", () => {
  assert.equal(nextTab("Home", 2, 4, true), 0);
  assert.equal(nextTab("End", 2, 4, true), 3);
  for (const key of ["m", "Enter", "ArrowDown"]) assert.equal(nextTab(key, 2, 4, false), null);
});
