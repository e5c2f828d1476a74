// An opened recording is carried over a change of language once, and to its own page only.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const kept = new Map();
let submit = () => {};
globalThis.sessionStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
globalThis.document = { querySelector: () => ({ addEventListener: (_, heard) => (submit = heard) }) };
const { carryOver, takeCarried } = await import("../../../web/static/exhibit/carried.js");

const OPENED = { evidence: "0e", viewing: "f1", direct: true, purpose: "hearing" };

beforeEach(() => kept.clear());

test("what is open when the language is changed is taken once, at the moment of the change", () => {
  let at = 1;
  carryOver(OPENED, () => at);
  at = 7_000_000;
  assert.equal(takeCarried("0e"), null);
  submit();
  assert.deepEqual(takeCarried("0e"), { ...OPENED, at: 7_000_000 });
  assert.equal(takeCarried("0e"), null);
});

test("another recording's page takes nothing, and nothing stays for later", () => {
  carryOver(OPENED, () => 0);
  submit();
  assert.equal(takeCarried("0f"), null);
  assert.equal(takeCarried("0e"), null);
});
