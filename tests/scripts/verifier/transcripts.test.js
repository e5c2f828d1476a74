// Which transcripts a recording of a package has, and that their cues are read out of proved pieces alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import "../page.js";
import { ItemFilm } from "../../../web/static/package/item_films.js";
import { sha256Hex, utf8 } from "../../../web/static/proof/bytes.js";
import { Malformed, NotProved } from "../../../web/static/proof/errors.js";
import { leafOf, ORIGINAL, RECIPE } from "../../../web/static/proof/recording/records.js";
import { readCues, transcriptsOf } from "../../../web/static/verifier/transcripts.js";
import { LONGEST } from "../../../web/static/transcript/webvtt.js";

const RECORDING = "e0".repeat(16);
const check = (accepted) => ({ statement: { type: "derivative.checked", body: { accepted } } });
const MADE = { statement: { type: "derivative.made", body: {} } };

const file = (edits, { kind = "transcript", sources = [RECORDING], checks = [] } = {}) => ({
  recipe: { kind, edits },
  sources: sources.map((evidence) => ({ evidence })),
  chain: [MADE, ...checks.map(check)],
});
const of = (...files) => transcriptsOf(RECORDING, { files }).map(({ language, translates, accepted }) => [language, translates, accepted]);

test("its transcripts are told with their language, and whether a second person accepted them", () => {
  const original = file({ language: "ar", replaces: null, translates: null }, { checks: [false, true] });
  const translation = file({ language: "en", replaces: null, translates: "fd".repeat(16) });
  assert.deepEqual(of(original, translation), [["ar", false, true], ["en", true, false]]);
  assert.deepEqual(of(file({ language: "ar" }, { checks: [true, false] })), [["ar", false, false]]);
});

test("nothing of another kind or of another recording is among them", () => {
  const other = { sources: ["f0".repeat(16)] };
  assert.deepEqual(of(file({}, { kind: "still" }), file({ language: "ar" }, other), { recipe: null, sources: [] }), []);
});

test("a language that is none is not told", () => {
  for (const language of [undefined, 7, "", "arabic", "A1", "ar\n"]) assert.deepEqual(of(file({ language })), [["", false, false]]);
});

/** A file of these pieces, and of a recipe that is none of them; what lies on the disk is `found`. */
async function sealed(pieces, found = pieces.join("")) {
  const salt = new Uint8Array(16);
  const records = [];
  const opened = new Map();
  let offset = 0;
  for (const [number, text] of [...pieces, "{}"].entries()) {
    const content = utf8(text);
    const recipe = number === pieces.length;
    const record = { cipher: "0".repeat(64), duration: 0, index: number, init: null, key: true, kind: "piece", number, size: content.length, start: 0, track: recipe ? RECIPE : ORIGINAL };
    records.push({ ...record, leaf: await leafOf(record, salt, await sha256Hex(content)) });
    opened.set(number, { index: number, file: recipe ? "recipe.json" : "original.vtt", offset: recipe ? 0 : offset, length: content.length, salt });
    offset += content.length;
  }
  const read = async (name, from, length) => utf8(name === "recipe.json" ? "{}" : found).slice(from, from + length);
  return { description: { size: offset - 2 }, film: new ItemFilm(records, opened, read, () => "a piece", 0) };
}

const PIECES = ["WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Per", "son A>said\n"];

test("the cues are read of all its pieces", async () => {
  assert.deepEqual(await readCues(await sealed(PIECES)), [{ begin: 0, end: 1000, speaker: "Person A", text: "said" }]);
});

test("one other letter in a cue, and nothing of it is given", async () => {
  const altered = await sealed(PIECES, PIECES.join("").replace("said", "sold"));
  await assert.rejects(readCues(altered), (error) => error instanceof NotProved && error.reason === "altered");
});

test("what is not in the form of a transcript, or longer than any, is not read", async () => {
  await assert.rejects(readCues(await sealed(["WEBVTT\n\nNOTE hidden\n"])), Malformed);
  const film = { pieces: () => assert.fail("it is read") };
  await assert.rejects(readCues({ description: { size: LONGEST + 1 }, film }), Malformed);
});
