// Transcripts in their one spelling: read, written, and everything else refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../../../web/static/proof/bytes.js";
import { Malformed } from "../../../web/static/proof/errors.js";
import { LATEST, LONGEST_NAME, LONGEST_TEXT, MOST, parseTranscript, timeOf, writeTranscript, wrong } from "../../../web/static/transcript/webvtt.js";

const cue = (more = {}) => ({ begin: 1_000, end: 62_500, speaker: "", text: "نعم", ...more });
const WRITTEN = "WEBVTT\n\n00:00:01.000 --> 00:01:02.500\n<v A &amp; B>a &lt; b\nc\n\n01:00:00.000 --> 01:00:00.001\nنعم\n";
const CUES = [cue({ speaker: "A & B", text: "a < b\nc" }), { begin: 3_600_000, end: 3_600_001, speaker: "", text: "نعم" }];

test("a transcript is read as it was written", () => {
  assert.equal(writeTranscript(CUES), WRITTEN);
  assert.deepEqual(parseTranscript(utf8(WRITTEN)), CUES);
});

for (const [what, from, to] of [
  ["another heading", "WEBVTT\n", "WEBVTT a\n"], ["line ends of another system", "\n", "\r\n"], ["no last line end", /\n$/, ""],
  ["a line end more", /\n$/, "\n\n"], ["settings of a cue", "02.500\n", "02.500 align:start\n"], ["a cue's number", "\n\n00:00:01", "\n\n1\n00:00:01"],
  ["times without hours", "00:00:01.000", "00:01.000"], ["61 seconds", "00:00:01.000", "00:00:61.000"], ["a bare ampersand", "&amp;", "&"],
  ["another spelling of a sign", "&lt;", "&#60;"], ["a tag", "a &lt; b", "<i>a</i>"], ["a comment", "WEBVTT\n\n", "WEBVTT\n\nNOTE a\n\n"],
  ["cues in another order", "01:00:00.000", "00:00:30.000"], ["a cue without words", "\nنعم\n", "\n\n"],
]) {
  test(`${what} is refused`, () => {
    const text = WRITTEN.replace(from, to);
    assert.notEqual(text, WRITTEN);
    assert.throws(() => parseTranscript(utf8(text)), Malformed);
  });
}

test("what is no text at all is refused", () => {
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0xff, 0xfe), new Uint8Array(600_001)]) assert.throws(() => parseTranscript(bytes), Malformed);
});

test("why a cue is none has a code", () => {
  for (const [code, more] of [
    [null, {}], ["time", { end: LATEST + 1 }], [null, { end: LATEST }], ["backwards", { end: 1_000 }], ["backwards", { begin: -1 }], ["backwards", { begin: NaN }],
    ["speaker", { speaker: " A" }], ["speaker", { speaker: "A  B" }], [null, { speaker: "𝒜".repeat(LONGEST_NAME) }], ["speaker", { speaker: "A".repeat(LONGEST_NAME + 1) }],
    ["no-words", { text: "" }], [null, { text: "𝒜".repeat(LONGEST_TEXT) }], ["too-long", { text: "a".repeat(LONGEST_TEXT + 1) }],
    ["lines", { text: "a\n\nb" }], ["lines", { text: "a \nb" }], ["foreign", { text: "a\u202eb" }], ["foreign", { speaker: "A\u0007" }], ["foreign", { text: "a\ufeffb" }],
  ]) assert.equal(wrong(cue(more)), code, JSON.stringify(more).slice(0, 80));
});

test("none, or more cues than there may be, are no transcript", () => {
  assert.throws(() => writeTranscript([]), Malformed);
  const many = Array.from({ length: MOST + 1 }, (_, at) => cue({ begin: at * 10, end: at * 10 + 1 }));
  assert.throws(() => writeTranscript(many), Malformed);
  assert.equal(writeTranscript(many.slice(1)).split("\n\n").length, MOST + 1);
});

test("a time has hours, minutes, seconds and thousandths", () => {
  assert.deepEqual([0, 999, 62_500, LATEST].map(timeOf), ["00:00:00.000", "00:00:00.999", "00:01:02.500", "99:59:59.999"]);
});
