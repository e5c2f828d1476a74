import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { clockOf, countText, dateOf, dayOf, known, momentText, plain, printable, say, speak, word, zoneOf } from "../../../web/static/page/words.js";

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

const FORMS = { zero: "zero", one: "one", two: "two", few: "few", many: "many", other: "other" };

for (const [language, forms] of [
  ["en", { 0: "other", 1: "one", 2: "other", 21: "other", 1.1: "other" }],
  ["ar", { 0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 26: "many", 99: "many", 100: "other", 101: "other", 103: "few", 111: "many", 0.5: "other" }],
  ["pl", { 1: "one", 2: "few", 5: "many", 22: "few" }],
]) {
  for (const [n, form] of Object.entries(forms)) {
    test(`${n} takes the form "${form}" in ${language}`, () => {
      speak({ some: FORMS }, language);
      assert.equal(say("some", { n: Number(n) }), form);
    });
  }
}

test("a form that the language asks for and the table lacks is the code", () => {
  speak({ some: { one: "one" } }, "en");
  assert.equal(say("some", { n: 2 }), "some");
});

test("a number that is text is counted as a number and shown as it is", () => {
  speak({ some: { one: "{n} page", other: "{n} pages" } }, "en");
  assert.deepEqual([say("some", { n: "1" }), say("some", { n: "1000" })], ["1 page", "1000 pages"]);
});

test("a hole without a value stays, and what is filled in is not looked through again", () => {
  speak({ some: "{one} and {other}" }, "en");
  assert.equal(say("some", { one: "{other}" }), "{other} and {other}");
  assert.equal(say("some", { one: null, other: undefined }), "null and undefined");
  assert.equal(say("some"), "{one} and {other}");
});

test("nothing is filled in that merely lies in the prototype of what was given", () => {
  speak({ some: "{toString} {constructor}" }, "en");
  assert.equal(say("some", Object.create(null)), "{toString} {constructor}");
});

test("a code is known where the page has its sentence, and not for what every object has", () => {
  speak({ some: "a", empty: "" }, "en");
  assert.deepEqual(["some", "empty", "other", "constructor", "toString"].map(known), [true, true, false, false, false]);
  assert.deepEqual(["empty", "constructor"].map((code) => say(code)), ["", "constructor"]);
});

test("a word is that of its family, and a code without one is set apart as it came", () => {
  speak({ "track.wide": "whole room" }, "en");
  assert.equal(word("track", "wide"), "whole room");
  assert.equal(word("track", "x\u202ey"), "\u2068x y\u2069");
  assert.equal(word("track", 7), "\u20687\u2069");
});

const MOMENT = new Date(2026, 10, 9, 7, 5, 3);

test("dates and times of day are written in the language, with Western digits", () => {
  speak({}, "en");
  assert.deepEqual([dateOf(MOMENT), clockOf(MOMENT)], ["9 November 2026", "07:05:03"]);
  assert.match(dayOf(MOMENT), /^Monday,? 9 November 2026$/); // browsers differ in the comma
  speak({}, "ar");
  for (const text of [dateOf(MOMENT), dayOf(MOMENT), clockOf(MOMENT)]) assert.doesNotMatch(text, /[٠-٩۰-۹]/);
  assert.match(dateOf(MOMENT), /9 .* 2026/);
  assert.equal(clockOf(MOMENT), "07:05:03");
});

test("the hour after midnight is 00", () => {
  for (const language of ["en", "ar"]) {
    speak({}, language);
    assert.equal(clockOf(new Date(2026, 0, 1, 0, 0, 0)), "00:00:00");
  }
});

test("a moment says its date, its time and its distance from UTC, set apart from the sentence", () => {
  speak({}, "en");
  assert.equal(momentText(MOMENT), `\u20689 November 2026 \u206807:05:03 ${zoneOf(MOMENT)}\u2069\u2069`);
  assert.match(zoneOf(MOMENT), /^UTC([+-]\d{1,2}(:\d\d)?)?$/);
});

test("a moment that is none is said to be none", () => {
  speak({ "moment.none": "no time" }, "en");
  assert.equal(momentText(new Date("x")), "no time");
});

test("numbers have one decimal at most", () => {
  speak({}, "en");
  assert.deepEqual([0, 1.25, 1.35, 1234567.89].map(countText), ["0", "1.3", "1.4", "1,234,567.9"]);
});

test("text of any length is cut where no sign is cut in two", () => {
  assert.equal(printable("𐐷".repeat(600)), "𐐷".repeat(500));
  assert.equal(printable("a".repeat(500)), "a".repeat(500));
});

test("what turns or hides text becomes a space, sign by sign", () => {
  for (const sign of ["\0", "\n", "\t", "\x7f", "\x85", "\xa0", "\u00ad", "\u061c", "\u200b", "\u200e", "\u2028", "\u202e", "\u2066", "\u2069", "\u3000", "\ufeff", "\u{e0001}"]) {
    assert.equal(plain(`a${sign}b`), "a b", sign.codePointAt(0)?.toString(16));
  }
  for (const sign of ["\u200c", "\u200d", "\u0301", "é", "ش", "😀"]) assert.equal(plain(`a${sign}b`), `a${sign}b`);
});
