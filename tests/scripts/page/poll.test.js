// Asking again and again, until there is an answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { poll } from "../../../web/static/page/poll.js";

async function turn(t, ms) {
  await new Promise(setImmediate);
  t.mock.timers.tick(ms);
  await new Promise(setImmediate);
}

test("asks at once, then so many ms after each answer that was null", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [null, null, 0];
  const answer = poll(1000, async () => answers.shift());
  await new Promise(setImmediate);
  assert.equal(answers.length, 2);
  await turn(t, 999);
  assert.equal(answers.length, 2);
  await turn(t, 1);
  assert.equal(answers.length, 1);
  await turn(t, 1000);
  assert.equal(await answer, 0, "an answer that is not null, whatever it is");
});

test("what goes wrong ends it", async () => {
  await assert.rejects(poll(1000, async () => { throw new Error("away"); }), /away/);
});
