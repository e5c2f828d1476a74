// What the order of a package says of it: the case's number and the receiver, from the order that the package names.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { getElementById: () => null, documentElement: { lang: "en" } };
const { orderOf } = await import("../../../web/static/verifier/order.js");

const filed = (position, type, body) => ({ position, statement: { type, body } });
const statements = [
  filed(4, "export.ordered", { order: "aa" }),
  filed(5, "export.ordered", { order: "bb" }),
  filed(6, "evidence.exported", { order: "bb" }),
];
const details = new Map([
  [4, { name: "Person A", case: "2026-0001", receiver: "Court of M" }],
  [5, { name: "Person A", case: "2026-0001", receiver: "Court\u202eof N" }],
]);

test("the order is the one that the export names, and what it says is shown as text alone", () => {
  assert.deepEqual(orderOf({ statements, details }), { case: "2026-0001", receiver: "Court of N" });
});

test("nothing is said of a package without an order, or whose order has no details here", () => {
  const made = [...statements.slice(0, 2), filed(6, "evidence.exported", {})];
  assert.deepEqual(orderOf({ statements: made, details }), {});
  assert.deepEqual(orderOf({ statements, details: new Map() }), {});
  assert.deepEqual(orderOf({ statements, details: new Map([[5, { receiver: 7 }]]) }), {});
});
