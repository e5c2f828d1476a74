// Which files are lists of clips.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { MOST_CLIPS, parseClipList, writtenList } from "../../../web/static/film/clip_list.js";
import { canonical } from "../../../web/static/proof/canonical.js";
import { Malformed } from "../../../web/static/proof/errors.js";

const SPEC = new URL("../../../docs/spec/clip-list.md", import.meta.url);
const [, EXAMPLE] = /```json\n(.*)\n```/.exec(readFileSync(SPEC, "utf8"));
const list = JSON.parse(EXAMPLE);

test("the example of the specification is read, and written again to the byte", () => {
  const bytes = new TextEncoder().encode(EXAMPLE);
  const read = parseClipList(bytes);
  assert.deepEqual(read.clips, list.clips);
  assert.deepEqual([read.side, read.title], ["defence", "Hearing of 3 December"]);
  assert.deepEqual(canonical(writtenList({ ...read, saved: true })), bytes);
});

const clip = list.clips[0];
const others = {
  "no clip": { clips: [] },
  "more clips than a list has": { clips: Array(MOST_CLIPS + 1).fill(clip) },
  "a clip that ends where it begins": { clips: [{ ...clip, to: clip.from }] },
  "a clip from before the beginning": { clips: [{ ...clip, from: -1 }] },
  "a part of a microsecond": { clips: [{ ...clip, to: 6.5 }] },
  "no recording": { clips: [{ ...clip, evidence: "e0" }] },
  "no manifest": { clips: [{ ...clip, manifest: null }] },
  "words without end": { clips: [{ ...clip, words: "w".repeat(201) }] },
  "one more key": { clips: [{ ...clip, zone: "" }] },
  "another side": { side: "witness" },
  "another version": { v: 2 },
  "another kind": { kind: "list" },
};
for (const [name, change] of Object.entries(others)) {
  test(`a list is refused that has ${name}`, () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...list, ...change }));
    assert.throws(() => parseClipList(bytes), Malformed);
  });
}

test("a file is refused that is written in another way, cut, or too long", () => {
  for (const text of [`${EXAMPLE}\n`, EXAMPLE.slice(0, -1), "", `"${"x".repeat(1 << 19)}"`]) {
    assert.throws(() => parseClipList(new TextEncoder().encode(text)), Malformed);
  }
});
