import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../../../web/static/page/poll.js";
import { ahead, exactTime, localTime, readTime, readWholeTime, SECOND, timecode, zone } from "../../../web/static/page/times.js";

const [MINUTE, HOUR] = [60 * SECOND, 3600 * SECOND];

for (const [at, written] of [
  [0, "00:00:00"],
  [999_999, "00:00:00"],
  [SECOND, "00:00:01"],
  [MINUTE - 1, "00:00:59"],
  [MINUTE, "00:01:00"],
  [HOUR - 1, "00:59:59"],
  [HOUR, "01:00:00"],
  [12 * MINUTE + 31 * SECOND + 999_999, "00:12:31"],
  [99 * HOUR + 59 * MINUTE + 59 * SECOND, "99:59:59"],
  [100 * HOUR, "100:00:00"],
  [-5 * SECOND, "00:00:00"],
]) {
  test(`${at} µs is ${written}, rounded down to the second`, () => assert.equal(timecode(at), written));
}

test("times are written to the hundredth, rounded down", () => {
  const written = ["00:00:00.00", "00:00:03.20", "12:34:56.99"];
  assert.deepEqual([0, 3_204_567, 45_296_999_999].map(exactTime), written);
  assert.deepEqual([-1, 9_999, 10_000, 59_999_999].map(exactTime), ["00:00:00.00", "00:00:00.00", "00:00:00.01", "00:00:59.99"]);
});

test("what is written is read back as the same time", () => {
  for (let at = 0; at < 30 * HOUR; at += 7_919_410_000) {
    assert.equal(readTime(exactTime(at)), at, exactTime(at));
    const whole = at - (at % SECOND);
    assert.equal(readTime(timecode(at)), whole, timecode(at));
    assert.equal(readWholeTime(timecode(at)), whole, timecode(at));
  }
});

for (const [typed, at] of [
  ["0:05", 5 * SECOND],
  ["0:5", 5 * SECOND],
  [" 01:02:03.5 ", 3_723_500_000],
  ["90:00", 90 * MINUTE],
  ["999:59", 999 * MINUTE + 59 * SECOND],
  ["0:00,25", 250_000],
  ["0:00.2", 200_000],
  ["0:00.25", 250_000],
  ["0:00.255", 255_000],
  ["99:59:59", 100 * HOUR - SECOND],
  ["\t1:00\n", MINUTE],
]) {
  test(`a typed ${JSON.stringify(typed)} is ${at} µs`, () => assert.equal(readTime(typed), at));
}

for (const typed of ["1:60", "1:75:00", "12", "", " ", "-1:00", "1:-1", ":", "1:", ":30", "1:2:3:4", "1000:00", "100:00:00", "1:000", "0:00.", "0:00.1234", "1:00.5.5", "1 :00", "1:00x", "١:٠٠", "1e1:00", "0x1:00"]) {
  test(`a typed ${JSON.stringify(typed)} is no time`, () => assert.equal(readTime(typed), null));
}

for (const [typed, at] of [
  ["02:03", 2 * MINUTE + 3 * SECOND],
  ["2:03", 2 * MINUTE + 3 * SECOND],
  ["1:02:03", HOUR + 2 * MINUTE + 3 * SECOND],
  ["0:00", 0],
  [" 0:10 ", 10 * SECOND],
  ["90:00", 90 * MINUTE],
  ["01:75", 2 * MINUTE + 15 * SECOND],
]) {
  test(`an order takes ${JSON.stringify(typed)} for ${at} µs`, () => assert.equal(readWholeTime(typed), at));
}

for (const typed of ["", "null", "1", "1:2", "1:2:3", "1:02.5", "1:02:03,5", "100:00", "1:02:03:04", "-1:02", "1:0 2", "a:bc", "١:٠٠"]) {
  test(`an order takes no ${JSON.stringify(typed)}`, () => assert.equal(readWholeTime(typed), null));
}

for (const [minutes, written] of [[0, "UTC+00:00"], [120, "UTC+02:00"], [180, "UTC+03:00"], [-150, "UTC-02:30"], [345, "UTC+05:45"], [-5, "UTC-00:05"], [840, "UTC+14:00"]]) {
  test(`${minutes} minutes ahead of UTC are ${written}`, () => assert.equal(zone(minutes), written));
}

test("a clock ahead of UTC is so many minutes ahead, and one at UTC is at 0, never at -0", () => {
  const at = (/** @type {number} */ offset) => ahead(/** @type {any} */ ({ getTimezoneOffset: () => offset }));
  assert.deepEqual([at(-120), at(300), at(0)], [120, -300, 0]);
  assert.ok(Object.is(at(0), 0));
});

test("a local time is that of clocks so far ahead of UTC, past midnight too", () => {
  const moment = new Date("2026-11-30T23:23:39.900Z");
  const written = ["2026-12-01 01:23:39", "2026-11-30 19:53:39", "2026-11-30 23:23:39"];
  assert.deepEqual([120, -210, 0].map((minutes) => localTime(moment, minutes)), written);
});

test("a date that is none is taken for UTC", () => assert.equal(ahead(new Date("")), 0));

test("a pause lasts as long as it says and gives nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ends = [];
  void pause(100).then((value) => ends.push(value));
  t.mock.timers.tick(99);
  await new Promise(setImmediate);
  assert.deepEqual(ends, []);
  t.mock.timers.tick(1);
  await new Promise(setImmediate);
  assert.deepEqual(ends, [undefined]);
});
