// One check of one package: how it ends, and what the page says then.

import assert from "node:assert/strict";
import { test } from "node:test";

import "../page.js";
import { Run } from "../../../web/static/package/run.js";
import { sentences } from "../../../web/static/verifier/answer.js";
import { withoutAlgorithms } from "../proof/without_algorithms.js";
import { chosen, intact } from "./intact.js";
import { words } from "./words.js";

const folder = { kind: "folder", name: "package", size: 1, files: chosen(intact) };
const SEALED = `amana/package/v1\n{"iterations":100000,"kdf":"pbkdf2-hmac-sha-512","salt":"${"A".repeat(22)}=="}\n`;

async function over(package_, registered = { by: "none" }, passphrase = "") {
  const run = new Run(package_, passphrase, registered, words);
  let ended = 0;
  run.addEventListener("over", () => (ended += 1));
  await run.start();
  assert.equal(ended, 1);
  return run;
}

test("a folder that is intact ends in a verdict, and its films were offered", async () => {
  const run = await over(folder);
  assert.deepEqual([run.end.end, run.verdict?.outcome, run.items.length], ["verdict", "consistent", run.verdict?.items.length]);
  assert.equal(run.done, run.total);
  assert.equal(sentences(run).answer, "consistent");
});

for (const missing of ["ECDSA", "SHA-512"]) {
  test(`in a browser without ${missing} the page says that this browser cannot check it, and what to do`, async (of) => {
    withoutAlgorithms(of, missing);
    const run = await over(folder);
    assert.deepEqual([run.end.end, run.verdict], ["unsupported", null]);
    const { answer, title, texts, todo } = sentences(run);
    assert.deepEqual([answer, title], ["unread", "answer.unread"]);
    assert.deepEqual([texts, todo], [["answer.unread.text", "unfit.browser"], "unfit.browser.todo"]);
  });
}

test("in a browser without PBKDF2 the same is said of a sealed file", async (of) => {
  const file = new File([SEALED, new Uint8Array(56 + 16)], "testimony.amana");
  const sealed = { kind: "sealed", name: file.name, size: file.size, file };
  assert.deepEqual((await over(sealed, undefined, "nine words")).end, { end: "passphrase" });
  withoutAlgorithms(of, "PBKDF2");
  assert.deepEqual((await over(sealed, undefined, "nine words")).end, { end: "unsupported" });
});

test("another fingerprint than the court's ends before anything is believed, with both", async () => {
  const { end } = await over(folder, { by: "typed", typed: "0".repeat(64) });
  assert.deepEqual([end.end, end.typed], ["fingerprint", "0".repeat(64)]);
  assert.match(end.found, /^[0-9a-f]{64}$/);
});

test("a folder without its list is refused at the bag, and the step is told as failed", async () => {
  const files = chosen(intact).filter(({ name }) => name !== "manifest-sha256.txt");
  const run = await over({ ...folder, files });
  assert.deepEqual([run.end.end, run.verdict?.failure?.step, run.verdict?.failure?.kind], ["verdict", "bag", "incomplete"]);
  assert.equal(run.steps.get("bag"), "failed");
  assert.equal(sentences(run).answer, "incomplete");
});
