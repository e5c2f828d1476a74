// Which cue is spoken at a moment, and whether any of it is played.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlayed, spokenAt } from "../../../web/static/transcript/moments.js";

const cue = (begin, end) => ({ begin, end, speaker: "", text: "said" });
const cues = [cue(1000, 2000), cue(2000, 2500), cue(4000, 5000)];

for (const [now, expected] of [[0, -1], [999, -1], [1000, 0], [1999, 0], [2000, 1], [3000, 1], [4999, 2], [9000, 2]]) {
  test(`at ${now} ms it is cue ${expected}`, () => assert.equal(spokenAt(cues, now), expected));
}

const EXCERPT = { begin: 2_000_000, end: 3_000_000 }; // µs
for (const [what, begin, end, expected] of [
  ["that ends where it begins", 1000, 2000, false],
  ["that ends in it", 1000, 2001, true],
  ["within it", 2200, 2400, true],
  ["that begins in it", 2999, 4000, true],
  ["that begins where it ends", 3000, 4000, false],
  ["around it", 1000, 4000, true],
]) {
  test(`a cue ${what} is ${expected ? "" : "not "}played`, () => assert.equal(isPlayed(cue(begin, end), EXCERPT), expected));
}
