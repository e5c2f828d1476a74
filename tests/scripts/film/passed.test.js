// Stretches that a film passes over, and how it keeps close to what is being recorded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Film } from "../../../web/static/film/film.js";
import { isTooFar, LIVE_BEHIND, liveSpeed } from "../../../web/static/film/live_pace.js";
import { outside, past } from "../../../web/static/film/timeline.js";

test("a moment in a stretch becomes its end, also where another begins there", () => {
  const spans = [{ from: 10, to: 20 }, { from: 20, to: 30 }, { from: 50, to: 60 }];
  assert.deepEqual([9, 10, 19, 20, 30, 49, 55].map((at) => past(spans, at, 100)), [9, 30, 30, 30, 30, 49, 60]);
});

test("one that lasts until the end ends there", () => {
  const spans = [{ from: 10, to: Number.MAX_SAFE_INTEGER }];
  assert.deepEqual([past(spans, 9, 100), past(spans, 50, 100)], [9, 100]);
});

test("one that somebody has shown is passed over no more, and the others are", async () => {
  const film = new Film({ from: 0, records: async () => [{ kind: "media", index: 1, track: 1, start: 0, duration: 100 }], content() {}, listen() {} });
  await film.follow();
  const spans = [{ from: 10, to: 20 }, { from: 30, to: 40 }];
  film.passOver(spans);
  film.admit(spans[0]);
  film.admit({ from: 30, to: 40 }); // another one that only looks like it
  const reached = [15, 35].map((at) => {
    film.seek(at);
    return film.at;
  });
  assert.deepEqual(reached, [15, 40]);
});

test("while an audience sees the film, all of them are passed over, also one that was shown before", async () => {
  const film = new Film({ from: 0, records: async () => [{ kind: "media", index: 1, track: 1, start: 0, duration: 100 }], content() {}, listen() {} });
  await film.follow();
  const spans = [{ from: 10, to: 20 }, { from: 30, to: 40 }];
  film.passOver(spans);
  film.admit(spans[0]);
  film.seek(15);
  film.guarded = true;
  assert.equal(film.at, 20);
  film.admit(spans[1]);
  film.seek(35);
  assert.equal(film.at, 40);
  film.guarded = false;
  film.seek(15);
  assert.equal(film.at, 20);
});

test("what is left of a stretch has no part of any of them", () => {
  const spans = [{ from: 10, to: 20 }, { from: 15, to: 30 }, { from: 50, to: 60 }];
  assert.deepEqual(outside(spans, { from: 0, to: 55 }), [{ from: 0, to: 10 }, { from: 30, to: 50 }]);
  assert.deepEqual(outside(spans, { from: 12, to: 29 }), []);
  assert.deepEqual(outside([], { from: 1, to: 2 }), [{ from: 1, to: 2 }]);
});

test("what is recorded is played a little slower near its end, and faster far from it", () => {
  assert.deepEqual([0, LIVE_BEHIND / 2 - 1, LIVE_BEHIND / 2, 2 * LIVE_BEHIND, 2 * LIVE_BEHIND + 1].map(liveSpeed), [0.95, 0.95, 1, 1, 1.08]);
  assert.deepEqual([2_499_999, 2_500_000].map(isTooFar), [false, true]);
});
