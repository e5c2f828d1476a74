// Edits are kept at a center that answers as a test says, on a clock that a test turns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "../../../web/static/proof/errors.js";
import { Keeping } from "../../../web/static/redaction/keeping.js";

const WORDS = { what: "w", meaning: "m", todo: "t" };
const NO_ANSWER = new Unavailable("network", "");
const REFUSED = new Unavailable("refused", "", WORDS);
const MOVED_ON = new Unavailable("list-moved-on", "", WORDS);

/** Answers: versions, or what the center says instead. `during`: is done while the first answer is awaited. */
function center(t, answers, during = () => {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  const stood = [];
  const keeping = new Keeping(1, async (version, edits) => {
    sent.push([version, edits]);
    if (sent.length === 1) during(keeping);
    const answer = answers.shift();
    if (typeof answer === "number") return answer;
    throw answer;
  }, { quiet: 10, again: 30 });
  keeping.addEventListener("state", ({ detail }) => stood.push(detail.state));
  const wait = async (ms) => {
    t.mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  return { keeping, sent, stood, wait };
}

test("changes that follow each other are kept together", async (t) => {
  const { keeping, sent, stood, wait } = center(t, [2]);
  keeping.changed("a");
  await wait(9);
  keeping.changed("b");
  await wait(9);
  assert.deepEqual(sent, []);
  await wait(1);
  assert.deepEqual(sent, [[1, "b"]]);
  assert.deepEqual([keeping.version, stood], [2, ["changed", "changed", "keeping", "kept"]]);
});

test("what changes while it is kept is kept next", async (t) => {
  const { keeping, sent } = center(t, [2, 3], (those) => those.changed("b"));
  keeping.changed("a");
  assert.equal(await keeping.now(), true);
  assert.deepEqual(sent, [[1, "a"], [2, "b"]]);
  assert.equal(keeping.version, 3);
});

test("without an answer it tries again by itself", async (t) => {
  const { keeping, sent, stood, wait } = center(t, [NO_ANSWER, 2]);
  keeping.changed("a");
  await wait(10);
  await wait(29);
  assert.deepEqual(sent, [[1, "a"]]);
  await wait(1);
  assert.deepEqual(sent, [[1, "a"], [1, "a"]]);
  assert.deepEqual(stood, ["changed", "keeping", "unsent", "keeping", "kept"]);
});

test("what the center refuses waits for the next change", async (t) => {
  const { keeping, sent, stood, wait } = center(t, [REFUSED, 2]);
  keeping.changed("a");
  await wait(10);
  await wait(1000);
  assert.deepEqual([sent, stood[2]], [[[1, "a"]], "refused"]);
  keeping.changed("b");
  await wait(10);
  assert.deepEqual(sent, [[1, "a"], [1, "b"]]);
  assert.equal(keeping.state, "kept");
});

for (const [decided, edits, expected, version] of [
  ["the own ones", "b", [[1, "a"], [5, "b"]], 6],
  ["the newer ones", null, [[1, "a"]], 5],
]) {
  test(`nothing is sent over a newer version before somebody decides for ${decided}`, async (t) => {
    const { keeping, sent, wait } = center(t, [MOVED_ON, 6]);
    keeping.changed("a");
    await keeping.now();
    keeping.changed("b");
    await wait(1000);
    await keeping.now();
    assert.deepEqual([sent, keeping.state], [[[1, "a"]], "elsewhere"]);
    keeping.settle(5, edits);
    await wait(0);
    assert.deepEqual([sent, keeping.state, keeping.version], [expected, "kept", version]);
  });
}
