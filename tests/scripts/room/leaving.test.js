// Where a room's machine goes once its interview is over.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { placeAfter } from "../../../web/static/room/leaving.js";

const NEXT = "/interviews/b/room";
const [RECORDING, LEFT, SETTLED] = [
  { ended: false, settled: false }, { ended: true, settled: false }, { ended: true, settled: true },
];

function answering(t, answer, status = 200) {
  t.mock.method(globalThis, "fetch", async (url) => {
    assert.equal(url, "/room/next");
    return Response.json(answer, { status });
  });
}

test("it goes back to waiting once its safety recording is settled, and not before", async (t) => {
  answering(t, { to: null });
  assert.equal(await placeAfter(RECORDING), null);
  assert.equal(await placeAfter(LEFT), null);
  assert.equal(await placeAfter(SETTLED), "/room");
});

test("the next interview in the room sets it up, while what was recorded here waits for a copy", async (t) => {
  answering(t, { to: NEXT });
  assert.equal(await placeAfter(RECORDING), null);
  assert.equal(await placeAfter(LEFT), NEXT);
  assert.equal(await placeAfter(SETTLED), NEXT);
});

test("a browser that is no room's machine stays where it is", async (t) => {
  answering(t, { error: { code: "no-room-device", what: "w", meaning: "m", todo: "t" } }, 401);
  assert.equal(await placeAfter(SETTLED), "");
});

test("while the server is away it is asked again", async (t) => {
  t.mock.method(globalThis, "fetch", async () => { throw new TypeError("away"); });
  assert.equal(await placeAfter(SETTLED), null);
  answering(t, { error: { code: "database-away", what: "w", meaning: "m", todo: "t" } }, 503);
  assert.equal(await placeAfter(SETTLED), null);
});
