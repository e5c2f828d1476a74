// What is said of a recording: never better than what is known.

import assert from "node:assert/strict";
import { test } from "node:test";
import { shown } from "../../../web/static/interview/state.js";

const status = (state, losses = [], cautions = []) => ({ state, losses, cautions });
const said = (...given) => {
  const { word, colour } = shown(...given);
  return `${colour} ${word}`;
};

test("a state that is fresh is told with its colour", () => {
  assert.deepEqual(
    ["recording", "break", "sealed", "checked", "interrupted", "connected"].map((state) => said(status(state), 0, 0)),
    ["green state.recording", "amber state.break", "green state.sealed", "green state.checked", "red state.interrupted", "plain state.connected"],
  );
  assert.equal(said(null, 0, 0), "plain state.waiting");
});

test("while anything is lost it is red, and the gravest is named", () => {
  const lost = (...codes) => said(status("recording", codes.map((code) => ({ code }))), 0, 0);
  assert.equal(lost("lag", "sound", "camera"), "red state.lost.sound");
  assert.equal(lost("disk", "recorder"), "red state.lost");
  assert.equal(lost("something-new"), "red state.lost");
});

test("a caution changes no word", () => {
  const { word, cautions } = shown(status("recording", [], [{ code: "disk" }]), 0, 0);
  assert.deepEqual([word, cautions], ["state.recording", [{ code: "disk" }]]);
});

test("silence while it records is a loss, since then; before and after it is a caution", () => {
  const wall = Date.UTC(2026, 10, 30, 10, 0, 5);
  const heard = shown(status("recording"), 5_000, wall);
  assert.deepEqual(heard, { word: "state.lost.connection", colour: "red", losses: [{ code: "connection", since: "2026-11-30T10:00:00.000Z" }], cautions: [] });
  for (const before of [status("checked"), status("sealed"), null]) {
    const { colour, losses, cautions } = shown(before, 5_000, wall);
    assert.deepEqual([colour, losses.length, cautions[0].code], ["amber", 0, "connection"]);
  }
});

test("a session that has ended is said as that", () => {
  const { word, losses } = shown(status("break"), 1, 10, true);
  assert.deepEqual([word, losses[0].code], ["state.signed-out", "session"]);
});
