// What the page of a package calls its files: as the center's pages do.

import assert from "node:assert/strict";
import { test } from "node:test";

const STRINGS = JSON.stringify({ "file.photograph": "Photograph {number}", "file.document": "Document {number}" });
globalThis.document = {
  getElementById: (id) => (id === "strings" ? { textContent: STRINGS } : null),
  documentElement: { lang: "en" },
};
const { fileName } = await import("../../../web/static/verifier/names.js");

test("a file has the number that was sealed of it, whichever others are in the package", () => {
  const file = (kind, number) => ({ kind, seal: { statement: { body: { number } } } });
  assert.equal(fileName(file("photograph", 12)), "Photograph 12");
  assert.equal(fileName(file("document", 3)), "Document 3");
});
