// What a device keeps of a draft: read again with the draft's key alone, and gone when it is dropped.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { DeviceCopy } from "../../../web/static/examinations/device_copy.js";

const KEY = Buffer.alloc(32, 1).toString("base64");
const OTHER = Buffer.alloc(32, 2).toString("base64");
const KEPT = { version: 3, content: { values: { account: "كلمات" }, reason: "" } };

/** @type {Map<string, string>} */
const stored = new Map();

beforeEach(() => {
  stored.clear();
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    value: {
      getItem: (name) => stored.get(name) ?? null,
      setItem: (name, value) => stored.set(name, value),
      removeItem: (name) => stored.delete(name),
    },
  });
});

test("what is kept is read again, and stands nowhere in clear", async () => {
  await new DeviceCopy("d1", KEY).keep(KEPT);
  assert.deepEqual(await new DeviceCopy("d1", KEY).kept(), KEPT);
  const [[name, value]] = stored;
  assert.equal(name, "examination d1");
  assert.ok(!Buffer.from(value, "base64").includes("كلمات"));
});

test("without the key, or damaged, it is nothing", async () => {
  await new DeviceCopy("d1", KEY).keep(KEPT);
  assert.equal(await new DeviceCopy("d1", OTHER).kept(), null);
  assert.equal(await new DeviceCopy("d2", KEY).kept(), null);
  const damaged = Buffer.from(stored.get("examination d1") ?? "", "base64");
  damaged[20] ^= 1;
  stored.set("examination d1", damaged.toString("base64"));
  assert.equal(await new DeviceCopy("d1", KEY).kept(), null);
});

test("the newest is kept, and what is dropped does not come back", async () => {
  const device = new DeviceCopy("d1", KEY);
  await Promise.all([device.keep(KEPT), device.keep({ ...KEPT, version: 4 })]);
  assert.equal((await device.kept())?.version, 4);
  const keeping = device.keep(KEPT);
  device.drop();
  await keeping;
  assert.equal(stored.size, 0);
});

test("a device that cannot keep it says so", async () => {
  localStorage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  assert.equal(await new DeviceCopy("d1", KEY).keep(KEPT), false);
  assert.equal(stored.size, 0);
});
