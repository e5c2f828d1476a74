// A whole package in the pages: intact as it is, and refused at the right step once something in it is altered.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { folderSource } from "../../../web/static/package/source.js";
import { PACKAGE_STEPS, verifyPackage } from "../../../web/static/package/verify.js";
import { withoutAlgorithms } from "../proof/without_algorithms.js";
import { chosen, intact } from "./intact.js";

const HOME = "data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0";
const policy = Uint8Array.from(intact.get("data/policy.txt"));

/** The package with some files changed, and its lists of digests made anew, as whoever alters it would. */
function listed(changes) {
  const files = new Map(intact);
  for (const [path, change] of Object.entries(changes)) files.set(path, change(Buffer.from(files.get(path))));
  for (const [list, covers] of [["manifest-sha256.txt", (path) => path.startsWith("data/")], ["tagmanifest-sha256.txt", (path) => !path.startsWith("data/") && !path.startsWith("tagmanifest")]]) {
    const lines = files.get(list).toString().trimEnd().split("\n").map((line) => line.slice(66));
    assert.ok(lines.every(covers));
    const digest = (path) => createHash("sha256").update(files.get(path)).digest("hex");
    files.set(list, Buffer.from(lines.map((path) => `${digest(path)}  ${path}\n`).join("")));
  }
  return files;
}

const verified = (files, registered = policy) => verifyPackage(folderSource(chosen(files)), registered);

const replaced = (from, to) => (content) => {
  const text = content.toString("latin1");
  assert.ok(text.includes(from), from);
  return Buffer.from(text.replace(from, to), "latin1");
};
const flipped = (at) => (content) => {
  content[at < 0 ? content.length + at : at] ^= 1;
  return content;
};

test("the package is intact under the registered policy, and consistent without one", async () => {
  assert.equal((await verified(intact)).outcome, "intact");
  assert.deepEqual(listed({}), intact);
  assert.equal((await verified(intact, null)).outcome, "consistent");
});

for (const missing of [["ML-DSA-44"], ["Ed25519", "ML-DSA-44"]]) {
  test(`a browser without ${missing.join(" and ")} comes to the same verdict, and who checked the signatures is in it`, async (of) => {
    const facts = ({ outcome, cosigned, findings, notProved }) => ({ outcome, cosigned, findings, notProved });
    const usual = await verified(intact);
    withoutAlgorithms(of, ...missing);
    const here = await verified(intact);
    assert.deepEqual([usual.byPage, here.byPage], [[], missing]);
    assert.deepEqual(facts(here), facts(usual));
    const altered = await verified(listed({ "data/statements/7.json": replaced('"purpose":"', '"purpose":"x') }));
    assert.deepEqual([altered.failure?.step, altered.byPage], ["inclusion", missing]);
  });
}

const proofs = [...intact.keys()].filter((path) => path.endsWith(".tlog-proof"));

for (const [step, what, changes, registered = policy] of [
  ["policy", "a policy with a remark", { "data/policy.txt": (content) => Buffer.concat([Buffer.from("# seen\n"), content]) }],
  ["checkpoint", "the checkpoint of another log", Object.fromEntries(proofs.map((path) => [path, replaced("\namana/d0", "\namana/d1")]))],
  ["inclusion", "a statement with another purpose", { "data/statements/7.json": replaced('"purpose":"', '"purpose":"x') }],
  ["history", "an earlier tree of another size", { "data/checkpoints/4.consistency": replaced("size 4", "size 3") }],
  ["details", "another word in the details", { "data/details/7.json": flipped(16) }],
  ["manifest", "another manifest", { [`${HOME}/manifest.json`]: replaced('"part":1', '"part":2') }],
  ["records", "a flipped bit of a film", { [`${HOME}/wide.mp4`]: flipped(-1) }],
  ["records", "another word in an event", { [`${HOME}/events.jsonl`]: flipped(30) }],
  ["media", "something behind the last fragment", { [`${HOME}/close.mp4`]: (content) => Buffer.concat([content, Buffer.from("x")]) }],
  ["package", "a policy in another spelling, where none is registered", { "data/policy.txt": replaced("quorum ", "quorum\t") }, null],
]) {
  test(`at the step ${step}: ${what}`, async () => {
    const { outcome, failure } = await verified(listed(changes), registered);
    assert.deepEqual([outcome, failure?.step, failure?.number], ["not proved", step, PACKAGE_STEPS.indexOf(step) + 1]);
  });
}
