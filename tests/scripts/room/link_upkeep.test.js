// What the recorder's word means for a room's links: patience first, then a new connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isTaken, upkeep } from "../../../web/static/room/link_upkeep.js";

const NOW = 100_000;
const link = (since, more = {}) => ({ name: "wide", connected: true, since: NOW - since, accepted: NOW - since, ...more });
const status = (camera) => ({ cameras: camera ? { wide: camera } : {} });
const after = (since, camera, more) => upkeep(link(since, more), status(camera), "mine", NOW);

test("a link that has only just connected is left alone, and one that has not", () => {
  assert.deepEqual(after(1_499, undefined), { shows: null, again: false });
  assert.deepEqual(after(20_000, undefined, { connected: false }), { shows: null, again: false });
});

test("a recorder that does not know a camera is a new one: it is connected anew", () => {
  assert.deepEqual(after(1_500, undefined), { shows: null, again: true });
});

test("what another page sends is not touched", () => {
  assert.deepEqual(after(60_000, { page: "theirs", flowing: false }), { shows: null, again: false });
});

test("a picture that does not arrive is told, and after a while connected anew", () => {
  assert.deepEqual(after(3_000, { page: "mine", flowing: false }), { shows: "connected", again: false });
  assert.deepEqual(after(3_001, { page: "mine", flowing: false }), { shows: "still", again: false });
  assert.deepEqual(after(12_001, { page: "mine", flowing: false }), { shows: "still", again: true });
  assert.deepEqual(after(60_000, { page: "mine", flowing: true }), { shows: "connected", again: false });
});

test("another page has a camera once this one was accepted and time has passed", () => {
  const taken = (accepted, page) => isTaken(link(0, { accepted }), status({ page }), "mine", NOW);
  assert.equal(taken(NOW - 1_501, "theirs"), true);
  assert.equal(taken(NOW - 1_500, "theirs"), false);
  assert.equal(taken(0, "theirs"), false, "it was never accepted");
  assert.equal(taken(NOW - 60_000, "mine"), false);
  assert.equal(taken(NOW - 60_000, null), false);
  assert.equal(isTaken(link(60_000), status(undefined), "mine", NOW), false);
});
