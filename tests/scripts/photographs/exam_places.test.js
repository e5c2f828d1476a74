// The places of a guided set: which comes next, and which are still missing.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { IDENTIFYING, keyOf, missing, nextOf, placeName, VIEWS } from "../../../web/static/photographs/exam_places.js";

const person = { injury: null, view: IDENTIFYING };

test("each place has a key of its own", () => {
  const places = [person, ...[1, 2].flatMap((injury) => VIEWS.map((view) => ({ injury, view })))];
  assert.equal(new Set(places.map(keyOf)).size, 11);
});

test("the aim goes on to the next empty place of the same injury, and no further", () => {
  const full = new Set(["2/mid-range", "2/close-up"]);
  const isEmpty = (place) => !full.has(keyOf(place));
  assert.deepEqual(nextOf({ injury: 2, view: "orientation" }, isEmpty), { injury: 2, view: "close-up-scale" });
  assert.equal(nextOf({ injury: 2, view: "colour-card" }, isEmpty), null, "never to another injury");
  assert.equal(nextOf({ injury: 2, view: "orientation" }, () => false), null);
  assert.equal(nextOf(person, () => true), null);
});

test("what is missing is told in order: the person, then of each injury its term and its views", () => {
  const whole = new Map(VIEWS.map((view) => [keyOf({ injury: 1, view }), [1]]));
  const noted = { side: "front", x: 1, y: 1, term: "bruise", words: "" };
  assert.deepEqual(missing(0, [], new Map()), ["view.identifying"]);
  whole.set(keyOf(person), [9]);
  assert.deepEqual(missing(1, [noted], whole), []);
  assert.deepEqual(missing(1, [{ ...noted, term: "" }], whole), ["missing.injury"]);
  assert.deepEqual(missing(2, [noted], whole), ["missing.injury"], "one that cannot be read here has its places all the same");
  assert.deepEqual(missing(2, [noted, { ...noted, removed: "in error" }], whole), [], "of a removed one nothing is");
  whole.delete("1/close-up");
  assert.deepEqual(missing(2, [noted, noted], whole), ["missing.injury", "missing.injury"]);
});

test("a place is named by its injury and its view", () => {
  assert.equal(placeName(person), "view.identifying");
  assert.equal(placeName({ injury: 3, view: "close-up" }), "pincommaview.close-up");
});
