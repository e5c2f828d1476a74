import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { say, speak } from "../../../web/static/page/words.js";

const ARABIC = {
  zero: "لا توجد صور",
  one: "صورة واحدة",
  two: "صورتان",
  few: "{n} صور",
  many: "{n} صورةً",
  other: "{n} صورةٍ",
};

test("a number has the form of its language, with Western digits", () => {
  speak({ photographs: { one: "{n} photograph", other: "{n} photographs" } }, "en");
  const english = [0, 1, 2, 1.5, 1000].map((n) => say("photographs", { n }));
  assert.deepEqual(english, ["0 photographs", "1 photograph", "2 photographs", "1.5 photographs", "1,000 photographs"]);
  speak({ photographs: ARABIC }, "ar");
  const told = [0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 1.5].map((n) => say("photographs", { n }));
  assert.deepEqual(told, [
    ...["لا توجد صور", "صورة واحدة", "صورتان", "3 صور", "10 صور", "11 صورةً", "99 صورةً"],
    ...["100 صورةٍ", "102 صورةٍ", "103 صور", "1.5 صورةٍ"],
  ]);
});

test("the form is that of the number shown, which has one decimal", () => {
  speak({ left: { one: "{n} second", other: "{n} seconds" } }, "en");
  assert.deepEqual([0.96, 1.04, 1.06].map((n) => say("left", { n })), ["1 second", "1 second", "1.1 seconds"]);
});

test("other values are filled in as they are, and what is unknown shows itself", () => {
  speak({ some: { one: "{name}: {n}", other: "{name}: {n}, {more}" } }, "en");
  assert.equal(say("some", { n: 2, name: "{n}" }), "{n}: 2, {more}");
  assert.equal(say("nothing", { n: 2 }), "nothing");
});
