// Passphrases as they are typed: the vectors that the Python reader is held to as well.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { typedWords } from "../../../web/static/package/passphrase.js";
import { words } from "./words.js";

const CASES = JSON.parse(readFileSync(new URL("../../vectors/passphrases/cases.json", import.meta.url), "utf8"));

for (const { what, typed, numbers } of CASES) {
  test(`a passphrase: ${what}`, () => assert.equal(new TextDecoder().decode(words.normalise(typed)), numbers));
}

test("nothing typed is no passphrase", () => {
  for (const typed of ["", " - ", ".", "\u0640\u064e", "x".repeat(1025)]) {
    assert.throws(() => words.normalise(typed), (error) => error.reason === "passphrase");
  }
});

test("the words of both languages are known in their one spelling, and the numbers", () => {
  assert.equal(words.known.size, 3 * 1024);
  assert.equal(words.known.get(typedWords("اباريق")[0]), "أباريق");
  assert.deepEqual(typedWords("٠٠٠١ - ١٠٢٤").map((number) => words.known.get(number)), ["0001", "1024"]);
});
