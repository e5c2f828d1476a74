// What was done is undone and done again, step by step.

import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../web/static/redaction/history.js";

test("what is done after undoing takes the place of what was undone", () => {
  const history = new History("a");
  for (const next of ["b", "c"]) history.go(next);
  history.undo();
  assert.deepEqual([history.present, history.canUndo, history.canRedo], ["b", true, true]);
  history.go("d");
  assert.deepEqual([history.present, history.canRedo], ["d", false]);
  history.redo();
  assert.equal(history.present, "d");
  history.undo();
  history.undo();
  history.undo();
  assert.deepEqual([history.present, history.canUndo], ["a", false]);
});

test("small steps of one kind are undone together, until something else comes between", () => {
  const history = new History(0);
  for (const next of [1, 2, 3]) history.go(next, "box 1");
  history.rest();
  history.go(4, "box 1");
  history.go(5, "box 2");
  const seen = [];
  while (history.canUndo) {
    history.undo();
    seen.push(history.present);
  }
  assert.deepEqual(seen, [4, 3, 0]);
});

test("nothing done is no step, and of very many the oldest are forgotten", () => {
  const history = new History(0);
  history.go(0);
  assert.equal(history.canUndo, false);
  for (let next = 1; next <= 300; next += 1) history.go(next);
  let steps = 0;
  for (; history.canUndo; steps += 1) history.undo();
  assert.deepEqual([steps, history.present], [200, 100]);
});
