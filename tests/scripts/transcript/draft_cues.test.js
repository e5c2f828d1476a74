// What the editor of a transcript does to its cues.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as draft from "../../../web/static/transcript/draft_cues.js";

const A = { begin: 0, end: 4000, speaker: "Person A", text: "one two" };
const B = { begin: 5000, end: 9000, speaker: "Person B", text: "three" };
const problems = (cues, length) => Object.fromEntries(draft.problems(cues, length));

test("a cue is divided at the caret and at the moment that is played", () => {
  const [first, second] = draft.split([A], 0, 4, 1500);
  assert.deepEqual([first.text, first.end, second.begin, second.text], ["one", 1500, 1500, "two"]);
  const [before, after] = draft.split([A], 0, 4, 60_000); // elsewhere: by the share of its words
  assert.deepEqual([before.end, after.begin], [2286, 2286]);
  assert.deepEqual(draft.split([{ ...A, end: 150 }], 0, 4, 0), [{ ...A, end: 150 }]);
});

test("two cues become one", () => {
  assert.deepEqual(draft.join([A, B], 0), [{ begin: 0, end: 9000, speaker: "Person A", text: "one two\nthree" }]);
  assert.deepEqual(draft.join([A, B], 1), [A, B]);
});

test("a cue is added where it is played and takes its time from the one before", () => {
  const { at, cues } = draft.added([A, B], 3000, "Person B");
  assert.equal(at, 1);
  assert.deepEqual(cues.map(({ begin, end }) => [begin, end]), [[0, 3000], [3000, 5000], [5000, 9000]]);
  assert.deepEqual(problems(cues, 10_000), { 1: "no-words" });
  assert.deepEqual(draft.added([], 0, "").cues, [{ begin: 0, end: 2000, speaker: "", text: "" }]);
});

test("what was removed comes back where it was", () => {
  for (const at of [0, 1]) {
    assert.deepEqual(draft.restored(draft.removed([A, B], at), [A, B][at]), { cues: [A, B], at });
  }
});

test("what keeps cues from being a transcript is named as the center names it", () => {
  const late = [A, { ...B, begin: 3000 }, { ...B, begin: 20_000, end: 21_000 }];
  assert.deepEqual(problems(late, 15_000), { 1: "overlapping", 2: "after-end" });
  const backwards = [{ ...A, end: 0 }, { ...B, text: "a\u202eb" }, { ...B, begin: 9000, end: 9001 }];
  assert.deepEqual(problems(backwards, 15_000), { 0: "backwards", 1: "foreign" });
});

test("times are read as people type them", () => {
  const times = [["1:02", 62_000], ["00:01:02.500", 62_500], ["1:2,5", 62_500], ["", null], ["1:99", null], ["x", null]];
  for (const [typed, at] of times) assert.equal(draft.typedTime(typed), at, typed);
});

test("what is pasted loses only what no writing has", () => {
  assert.equal(draft.tidy(" a\u202eb\t c \r\n\r\n\u0007d "), "ab  c\nd");
  assert.equal(draft.tidyName(" Person\n  A\u2069 "), "Person A");
  assert.equal(draft.tidy("𐐷".repeat(3000)), "𐐷".repeat(2000));
});

test("a translation begins with the times of the original and stands beside it", () => {
  assert.deepEqual(draft.emptied([A]), [{ ...A, text: "" }]);
  assert.deepEqual(draft.beside([A, B], { ...A, end: 6000 }), [A]);
  assert.deepEqual(draft.beside([A, B], { ...A, end: 9000 }), [A, B]);
});

test("the next speaker is the next of those who speak", () => {
  assert.equal(draft.nextSpeaker([A, B, A], "Person A"), "Person B");
  assert.equal(draft.nextSpeaker([A, B], "Person B"), "Person A");
  assert.equal(draft.nextSpeaker([], "Person A"), "Person A");
});
