// Words are found however they were written, and where they stand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, occurrences } from "../../../web/static/transcript/folding.js";

const found = (text, wanted) => occurrences(fold(text), wanted).map(({ from, to }) => text.slice(from, to));

for (const [what, text, wanted, expected] of [
  ["without what stands above and below letters", "كَتَبَ الكِتاب", "كتب", ["كَتَبَ"]],
  ["all forms of alef as one", "أحمد وإسلام وآمنة", "اسلام", ["إسلام"]],
  ["alef maqsura as ya, ta marbuta as ha", "ليلى في المدرسة", "المدرسه", ["المدرسة"]],
  ["Persian letters as the Arabic ones", "کتاب", "كتاب", ["کتاب"]],
  ["without tatweel", "الـــقدس", "القدس", ["الـــقدس"]],
  ["digits as digits", "عام ٢٠٢٤", "2024", ["٢٠٢٤"]],
  ["without case and accents", "À l'École", "ecole", ["École"]],
  ["any white space as one blank", "a \n\t b", "a b", ["a \n\t b"]],
  ["every place of it", "na na", "na", ["na", "na"]],
  ["a letter of two units whole", "𝒜b", "b", ["b"]],
  ["one letter that is folded into several", "ﷲ", "الله", ["ﷲ"]],
]) {
  test(`words are found ${what}`, () => assert.deepEqual(found(text, wanted), expected));
}

test("nothing is looked for by nothing, and what is not there is not found", () => {
  assert.deepEqual([found("a b", ""), found("a b", "  "), found("a b", "ab"), found("", "a")], [[], [], [], []]);
});
