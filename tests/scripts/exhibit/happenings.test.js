// What a recording says of itself: a mark has the words that it was given last, and a break the reason stated after it.

import assert from "node:assert/strict";
import { test } from "node:test";

const STRINGS = JSON.stringify({
  "event.phase": "Phase: {text}",
  "event.mark": "Mark: {text}",
  "event.mark.corrected": "{mark} {was} > {text}",
  "event.mark.corrected.first": "{mark} > {text}",
  "event.break": "Break.",
  "event.break.reason": "Break: {reason}.",
  "event.break.text": "Break: {reason}. {text}",
  "event.break.explained": "{break}: {reason}",
  "reason.rest": "a rest",
  "event.sender.began": "{track}: {device}",
  "event.drawing.made.tablet": "{number} from {from}",
  "event.drawing.made.tablet.earlier": "{number} in {n} s",
  "event.drawing.made.paper": "{number} on paper",
  "event.other": "{type}",
  "event.waited": "{sentence} ({sent})",
});
globalThis.document = {
  getElementById: (id) => (id === "strings" ? { textContent: STRINGS } : null),
  documentElement: { lang: "en" },
};
const { happenings } = await import("../../../web/static/exhibit/happenings.js");

const SECOND = 1_000_000;
const FILM = { header: { tracks: [], senders: [] }, timeline: { silences: () => [] } };
const told = (...events) => happenings(FILM, events).map(({ sentence }) => sentence.replaceAll(/[\u2068\u2069]/g, ""));

test("a mark is shown with its newest words, and each correction at its own time", () => {
  const mark = { type: "mark", at: 5 * SECOND, text: "" };
  const named = { type: "mark.corrected", at: 7 * SECOND, mark: 5 * SECOND, was: "", text: "dor" };
  const mended = { type: "mark.corrected", at: 9 * SECOND, mark: 5 * SECOND, was: "dor", text: "door" };
  assert.deepEqual(told(mark, named, mended), ["Mark: door", "00:00:05 > dor", "00:00:05 dor > door"]);
  assert.deepEqual(told(mark, { ...named, mark: 6 * SECOND }), ["Mark: ", "00:00:06 > dor"]);
});

test("a phase has a place on the timeline", () => {
  const [phase] = happenings(FILM, [{ type: "phase", at: 5 * SECOND, text: "Free recall" }]);
  assert.equal(phase.weight, "phase");
  assert.match(phase.sentence, /^Phase: .Free recall.$/);
});

test("a picture that was shown in the room is named, and nothing that names none", () => {
  const event = { type: "exhibit.shown", at: 0, evidence: "ee".repeat(16), kind: "photograph", manifest: "ab".repeat(32) };
  const [{ shown, weight }] = happenings(FILM, [event]);
  assert.deepEqual(shown, { evidence: event.evidence, kind: "photograph", manifest: event.manifest });
  assert.equal(weight, "mark");
  for (const wrong of [{ evidence: "../../staff" }, { kind: "recording" }, { type: "exhibit.hidden" }]) {
    assert.equal(happenings(FILM, [{ ...event, ...wrong }])[0].shown, undefined);
  }
});

test("a drawing is named, with the time at which it was begun if that was in this part", () => {
  const event = { type: "drawing.made", at: 9 * SECOND, evidence: "ee".repeat(16), kind: "document", number: 4, manifest: "ab".repeat(32), means: "tablet", ms: 4_000 };
  const [{ shown, weight }] = happenings(FILM, [event]);
  assert.deepEqual(shown, { evidence: event.evidence, kind: "document", manifest: event.manifest });
  assert.equal(weight, "mark");
  assert.deepEqual(told(event), ["4 from 00:00:05"]);
  assert.deepEqual(told({ ...event, ms: 9_001 }), ["4 in 9 s"]);
  assert.match(told({ ...event, sent: "2026-11-24T20:15:03.120Z" })[0], /^4 in 4 s \(/);
  assert.deepEqual(told({ ...event, means: "paper", ms: undefined }), ["4 on paper"]);
  for (const wrong of [{ ms: "4" }, { ms: -1 }, { ms: undefined }, { means: "stone" }]) {
    assert.match(told({ ...event, ...wrong })[0], /^drawing\.made/);
  }
});

test("a break is shown with the reason that was stated after it began", () => {
  const begun = { type: "break", at: 5 * SECOND };
  const explained = { type: "break.explained", at: 9 * SECOND, break: 5 * SECOND, reason: "rest" };
  assert.deepEqual(told(begun), ["Break."]);
  assert.deepEqual(told(begun, explained), ["Break: a rest.", "00:00:05: a rest"]);
  assert.deepEqual(told(begun, { ...explained, text: "water" })[0], "Break: a rest. water");
});

test("a device that sent from the beginning is none of the marks, breaks and losses", () => {
  const holder = { kind: "person", id: "", name: "N" };
  const sender = { camera: "wide", holder, network: "same", proof: null };
  const found = happenings({ ...FILM, header: { ...FILM.header, senders: [sender] } }, [{ type: "mark", at: 0, text: "" }]);
  assert.deepEqual(found.map(({ weight }) => weight), ["device", "mark"]);
});
