// Where a recording has media and where it has none, and where playing may begin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SEAM, Timeline } from "../../../web/static/film/timeline.js";
import { SECOND } from "../../../web/static/page/times.js";

let index = 0;
/** A second of media of a track, from so many µs on. */
const media = (track, start, key = true, duration = SECOND) => ({ kind: "media", index: (index += 1), track, start, duration, key });
const spans = (timeline, track) => timeline.spans(track).map(({ from, to }) => [from, to]);

test("fragments that nearly meet are one stretch, and a gap is longer than their seam", () => {
  const timeline = new Timeline([media(1, 0), media(1, SECOND + SEAM), media(1, 2 * SECOND + 2 * SEAM + 1)]);
  assert.deepEqual(spans(timeline, 1), [[0, 2 * SECOND + SEAM], [2 * SECOND + 2 * SEAM + 1, 3 * SECOND + 2 * SEAM + 1]]);
  assert.deepEqual(timeline.gaps(1), [{ from: 2 * SECOND + SEAM, to: 2 * SECOND + 2 * SEAM + 1 }]);
  assert.equal(timeline.end, 3 * SECOND + 2 * SEAM + 1);
});

test("a track that began late, or ended early, has a gap there", () => {
  const timeline = new Timeline([media(1, 0), media(2, 5 * SECOND), media(1, SECOND)]);
  assert.deepEqual(timeline.gaps(1), [{ from: 2 * SECOND, to: 6 * SECOND }]);
  assert.deepEqual(timeline.gaps(2), [{ from: 0, to: 5 * SECOND }]);
  assert.deepEqual(timeline.silences(), [{ from: 2 * SECOND, to: 5 * SECOND }]);
});

test("an excerpt begins where it begins: what lies before it is no gap", () => {
  const timeline = new Timeline([media(1, 60 * SECOND)], 60 * SECOND);
  assert.deepEqual([timeline.gaps(1), timeline.silences()], [[], []]);
});

test("a stretch has its first moment and not its last", () => {
  const timeline = new Timeline([media(1, SECOND)]);
  assert.equal(timeline.spanAt(1, SECOND - 1), null);
  assert.deepEqual(timeline.spanAt(1, SECOND), { from: SECOND, to: 2 * SECOND });
  assert.equal(timeline.spanAt(1, 2 * SECOND), null);
  assert.equal(timeline.spanAt(7, SECOND), null);
});

test("the next media are of whichever track has some first, and null behind the last", () => {
  const timeline = new Timeline([media(1, SECOND), media(2, 4 * SECOND)]);
  assert.deepEqual([0, 1.5 * SECOND, 2 * SECOND, 5 * SECOND].map((at) => timeline.nextMedia(at)), [SECOND, 1.5 * SECOND, 4 * SECOND, null]);
});

test("the first picture is where the cameras that begin soon have one, and the beginning where none does", () => {
  const first = (...all) => new Timeline(all.map(([track, at]) => media(track, at * SECOND))).firstPicture([1, 2]) / SECOND;
  assert.equal(first([3, 0], [1, 0.5], [2, 0.6]), 0.6, "sound began before both");
  assert.equal(first([3, 0], [1, 0.5], [2, 60]), 0.5, "a camera that comes much later");
  assert.equal(first([1, 0], [2, 2]), 0, "one has ended when the other begins");
  assert.equal(first([3, 1], [1, 30]), 1, "sound alone, for long");
  assert.equal(new Timeline([media(1, 62 * SECOND)], 61 * SECOND).firstPicture([1]), 62 * SECOND, "of an excerpt");
});

test("playing begins at the last keyframe up to a moment", () => {
  const timeline = new Timeline([0, 1, 2, 3, 4].map((n) => media(1, n * SECOND, n % 2 === 0)));
  assert.deepEqual([0, 0.5, 1, 3.5, 4, 9].map((at) => timeline.startFor(1, at * SECOND)), [0, 0, 0, 2, 4, 4]);
  assert.equal(timeline.startFor(9, 0), 0);
  assert.deepEqual([0, 1, 3, 5].map((from) => timeline.nextKey(1, from)), [0, 2, 4, 5]);
});

test("while it is recorded a track that has stopped holds nothing back", () => {
  const timeline = new Timeline([media(1, 0), media(2, 0), media(1, SECOND)]);
  assert.equal(timeline.edge, SECOND, "the slower of two that grow");
  for (let n = 2; n < 6; n += 1) timeline.add(media(1, n * SECOND));
  assert.equal(timeline.edge, 6 * SECOND, "the other one has stopped");
});

test("only media count", () => {
  const timeline = new Timeline([{ kind: "init", index: 0, track: 1, start: 0, duration: 0, key: true }, { kind: "event", index: 1, track: 0, start: 9, duration: 0, key: true }]);
  assert.deepEqual([timeline.tracks, timeline.end, timeline.nextMedia(0)], [[], 0, null]);
});
