// Which device each place of the room uses.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { chooseAll, remember } from "../../../web/static/room/devices.js";

const devices = (...ids) => ids.map((deviceId) => ({ deviceId }));
const MICROPHONES = devices("m");

beforeEach(() => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
});

test("each camera is another device where nobody chose", () => {
  assert.deepEqual(chooseAll(devices("a", "b"), MICROPHONES), { wide: "a", close: "b", sound: "m", twice: "" });
  assert.deepEqual(chooseAll(devices("a"), MICROPHONES), { wide: "a", close: "", sound: "m", twice: "" });
  assert.deepEqual(chooseAll([], []), { wide: "", close: "", sound: "", twice: "" });
});

test("both cameras set to one device are told with that device", () => {
  remember("close", "a");
  assert.equal(chooseAll(devices("a", "b"), MICROPHONES).twice, "a", "the wide one, where nobody chose, is the first");
  remember("wide", "b");
  remember("close", "b");
  assert.equal(chooseAll(devices("a", "b"), MICROPHONES).twice, "b");
  assert.equal(chooseAll(devices("a"), MICROPHONES).twice, "", "it is unplugged");
});

test("no camera is used twice where both are set to none", () => {
  remember("wide", "");
  remember("close", "");
  assert.equal(chooseAll(devices("a", "b"), MICROPHONES).twice, "");
});

test("while its own camera is unplugged, the wide one shares that of the close one", () => {
  remember("wide", "gone");
  remember("close", "a");
  assert.deepEqual(chooseAll(devices("a"), MICROPHONES), { wide: "a", close: "a", sound: "m", twice: "" });
});
