// What was passed in from next door, as the recorder tells it.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { Desk } from "../../../web/static/interview/next_door.js";

const SLIP = { number: 1, kind: "question", state: "asked" };
const status = (state, slips) => ({ evidence: "e", state, slips, journal: 0 });

test("once no recorder tells what was sent, what was told before stays, and nobody asks again and again", async (t) => {
  const shown = [];
  const answers = [{ known: true, slips: [SLIP] }, { known: false, slips: [] }];
  t.mock.method(globalThis, "fetch", async () => Response.json(answers.shift()));
  const desk = new Desk("i", ({ slips }) => shown.push(slips));
  for (const newest of [status("recording", 4), status("sealed", 0), status("sealed", 0)]) {
    desk.onStatus(newest);
    while (desk.reading) await new Promise(setImmediate);
  }
  assert.deepEqual(shown, [[SLIP]]);
  assert.deepEqual(answers, []);
});
