// The names of a package's files: which there may be, and what must be there with them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isMedia, isPackagePath, provesItself, sortNames, viewingPath } from "../../../web/static/package/paths.js";

const [A, B] = ["a".repeat(32), "b".repeat(32)];
const COMMON = ["events.jsonl", "header.json", "manifest.json", "opened.jsonl", "index.jsonl"];
const item = (kind, id, ...more) => [...COMMON, ...more].map((name) => `data/${kind}/${id}/${name}`);
const POLICY = "data/policy.txt";
const RECORDING = [POLICY, ...item("recordings", A, "wide.mp4"), "data/statements/0.json", "data/statements/0.tlog-proof"];
const refused = (paths, reason, message) => assert.throws(() => sortNames(paths), (error) => error.reason === reason && message.test(error.message));

test("a path is plain, and leads nowhere", () => {
  for (const path of ["bagit.txt", POLICY, "data/a/b/c/d/e"]) assert.equal(isPackagePath(path), true, path);
  for (const path of ["", "data", "data/", "a/b", "/data/a", "data/../a", "data/.a", "data/a b", "data/ä", "data/a/b/c/d/e/f", `data/${"a".repeat(129)}`]) {
    assert.equal(isPackagePath(path), path === "data", path);
  }
});

test("films, originals and the pictures made from them are read where they lie", () => {
  for (const path of [`data/recordings/${A}/wide.mp4`, `data/photographs/${A}/original.heic`, `data/photographs/${A}/small.jpeg`]) assert.equal(isMedia(path), true, path);
  for (const path of [`data/photographs/${A}/manifest.json`, `data/documents/${A}/original.exe`, POLICY]) assert.equal(isMedia(path), false, path);
});

test("what lies in a package is sorted by what it is", () => {
  const names = sortNames([
    ...RECORDING, "data/statements/12.tlog-proof", "data/statements/12.json", "data/details/12.json", "data/checkpoints/9.consistency",
    "data/checkpoints/4.consistency", "data/timestamps/9.tsa-b.tsr", "data/timestamps/9.tsa-a.tsr", viewingPath(A, 1), viewingPath(A, 2), "data/certificate.pdf",
  ]);
  assert.deepEqual(names.items, [{ evidence: A, kind: "recordings", films: ["wide.mp4"], viewing: [viewingPath(A, 1), viewingPath(A, 2)] }]);
  assert.deepEqual([names.statements, names.details, names.checkpoints], [[0, 12], [12], [4, 9]]);
  assert.deepEqual(names.timestamps, [{ size: 9, authority: "tsa-a" }, { size: 9, authority: "tsa-b" }]);
});

for (const [what, paths, reason, message] of [
  ["no policy", RECORDING.slice(1), "incomplete", /no policy/],
  ["no item", [POLICY], "incomplete", /no recording/],
  ["a statement without its proof", RECORDING.slice(0, -1), "incomplete", /without proof/],
  ["details of no statement", [...RECORDING, "data/details/3.json"], "incomplete", /not here/],
  ["an item without its manifest", RECORDING.filter((path) => !path.endsWith("manifest.json")), "incomplete", /file of the item is missing/],
  ["an item as two kinds", [...RECORDING, ...item("photographs", A)], "altered", /two kinds/],
  ["a viewing copy of nothing", [...RECORDING, viewingPath(B, 1)], "altered", /viewing copy/],
  ["a viewing copy of a photograph", [...RECORDING, ...item("photographs", B, "original.png"), viewingPath(B, 1)], "altered", /viewing copy/],
  ["a credential of a photograph", [...RECORDING, ...item("photographs", B, "original.jpeg"), `data/credentials/${B}.c2pa`], "altered", /content credential/],
  ["a file of nobody", [...RECORDING, "data/virus.exe"], "altered", /does not belong/],
  ["a film in capitals", [...RECORDING, `data/recordings/${A}/Wide.mp4`], "altered", /does not belong/],
  ["a position that is too large", [...RECORDING, "data/statements/9999999999999999.json"], "malformed", /too large/],
]) {
  test(`${what} is refused`, () => refused(paths, reason, message));
}

test("a credential stands beside a derivative in a format that can have one", () => {
  const derivative = (format) => [...RECORDING, ...item("derivatives", B, "recipe.json", `original.${format}`), `data/credentials/${B}.c2pa`];
  assert.deepEqual([...sortNames(derivative("mp4")).credentials], [[B, `data/credentials/${B}.c2pa`]]);
  refused(derivative("vtt"), "altered", /content credential/);
});

test("proofs may come later than what they prove", () => {
  for (const path of ["data/statements/0.tlog-proof", "data/checkpoints/4.consistency", "data/timestamps/9.a.tsr"]) assert.equal(provesItself(path), true);
  for (const path of ["data/statements/0.json", POLICY, "data/details/0.json"]) assert.equal(provesItself(path), false);
});
