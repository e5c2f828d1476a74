// Whether a recording goes on by itself after an interruption, or a person has to decide.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Resuming } from "../../../web/static/console/resuming.js";

const sender = (device) => ({ device, holder: { kind: "room", id: "r", name: "Room 1" } });
const heard = (state, { device = "a", flowing = true, losses = [] } = {}) => ({ state, losses, cameras: { wide: { flowing, sender: sender(device) } } });
const DIED = { losses: [{ code: "interrupted" }] };

/** How often it began, of these that were heard one after the other; numbers are ms that pass. */
async function begun(t, said, answer = true) {
  let now = 1_000;
  let times = 0;
  t.mock.method(performance, "now", () => now);
  const going = new Resuming(async () => {
    times += 1;
    return answer;
  });
  for (const one of said) {
    if (typeof one === "number") now += one;
    else await going.onStatus(one);
  }
  return times;
}

test("where this page saw it run a moment ago, and a camera is back", async (t) => {
  assert.equal(await begun(t, [heard("recording"), 80_000, heard("interrupted", DIED)]), 1);
});

for (const [why, said] of [
  ["too long ago", [heard("recording"), 90_000, heard("interrupted", DIED)]],
  ["on a page that was only just opened", [heard("interrupted", DIED)]],
  ["before a camera is back", [heard("recording"), heard("interrupted", { ...DIED, flowing: false })]],
  ["with another device", [heard("recording"), heard("interrupted", { ...DIED, device: "b" })]],
  ["after a failed disk", [heard("recording"), heard("interrupted", { losses: [{ code: "disk" }] })]],
  ["after a break", [heard("recording"), heard("break"), heard("interrupted", DIED)]],
  ["after it was stopped", [heard("recording"), heard("stopped"), heard("interrupted", DIED)]],
]) {
  test(`not ${why}`, async (t) => {
    assert.equal(await begun(t, said), 0);
  });
}

test("what was refused is not tried again by itself", async (t) => {
  assert.equal(await begun(t, [heard("recording"), heard("interrupted", DIED), heard("interrupted", DIED)], false), 1);
});
