// How long each break lasted, and which one continues.

import "../page.js";
import assert from "node:assert/strict";
import { test } from "node:test";

const { lasted, running } = await import("../../../web/static/console/break_clock.js");

const S = 1_000_000;
const first = { at: 60 * S, type: "break" };
const second = { at: 200 * S, type: "break" };
const mark = { at: 70 * S, type: "mark", text: "the door" };
const explained = { at: 65 * S, type: "break.explained", break: 60 * S, reason: "rest" };
const resume = { at: 150 * S, type: "resume" };

test("a break lasts until recording continues", () => {
  assert.equal(lasted(first, [first, explained, mark]), null);
  assert.equal(lasted(first, [first, explained, mark, resume, second]), 90 * S);
  assert.equal(lasted(second, [first, resume, second]), null);
});

test("only the newest break can be the one that continues", () => {
  assert.equal(running([mark]), undefined);
  assert.equal(running([first, explained, mark]), first);
  assert.equal(running([first, resume]), undefined);
  assert.equal(running([first, resume, second]), second);
});
