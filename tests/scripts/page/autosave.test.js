// Somebody writes, and a center answers as a test says, on a clock that a test turns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Autosave } from "../../../web/static/page/autosave.js";
import { Refused, Unreachable } from "../../../web/static/page/requests.js";

const WORDS = { what: "w", meaning: "m", todo: "t" };
const NO_ANSWER = new Unreachable("cut");
const REFUSED = new Refused({ code: "refused", ...WORDS }, 409);
const MOVED_ON = new Refused({ code: "moved", ...WORDS }, 409);

/**
 * Answers: versions, or what the center says instead. `newest`: what the center has, or says instead. `during`: is done
 * while the first answer is awaited.
 */
function center(t, answers, { newest = [], during = () => {}, refused = null } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  const stood = [];
  const told = [];
  const reads = [];
  let under = 0;
  const save = async (version, content) => {
    sent.push([version, content]);
    under += 1;
    assert.equal(under, 1, "one saving at a time");
    if (sent.length === 1) await during(autosave);
    const answer = answers.shift();
    under -= 1;
    if (typeof answer === "number") return answer;
    throw answer ?? new Error("nothing more was to be sent");
  };
  const read = async () => {
    const one = newest.shift();
    reads.push(one);
    if (!one || one instanceof Error) throw one ?? new Error("nothing was to be read");
    return one;
  };
  const autosave = new Autosave(1, { save, newest: read, movedOn: "moved" }, { quiet: 10, again: 30, refused });
  autosave.addEventListener("state", ({ detail }) => {
    stood.push(detail.state);
    told.push(detail.words);
  });
  const wait = async (ms) => {
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  };
  return { autosave, sent, stood, told, reads, wait };
}

test("at first everything is saved and nothing is sent", async (t) => {
  const { autosave, sent, wait } = center(t, []);
  await wait(1000);
  assert.deepEqual([autosave.state, autosave.version, autosave.unsaved, sent], ["saved", 1, false, []]);
  assert.equal(await autosave.now(), true);
  assert.deepEqual(sent, []);
});

test("changes that follow each other are saved together", async (t) => {
  const { autosave, sent, stood, wait } = center(t, [2]);
  autosave.changed("a");
  await wait(9);
  autosave.changed("b");
  await wait(9);
  assert.deepEqual([sent, autosave.unsaved], [[], true]);
  await wait(1);
  assert.deepEqual(sent, [[1, "b"]]);
  assert.deepEqual([autosave.version, autosave.unsaved, stood], [2, false, ["changed", "changed", "saving", "saved"]]);
});

test("each saving names the version that the one before became", async (t) => {
  const { autosave, sent, wait } = center(t, [2, 7, 8]);
  for (const content of ["a", "b", "c"]) {
    autosave.changed(content);
    await wait(10);
  }
  assert.deepEqual(sent, [[1, "a"], [2, "b"], [7, "c"]]);
  assert.equal(autosave.version, 8);
});

test("a change that is whole in itself is saved at once", async (t) => {
  const { autosave, sent, wait } = center(t, [2]);
  autosave.changed("a", true);
  await wait(0);
  assert.deepEqual(sent, [[1, "a"]]);
});

test("what is asked for now is saved now, and once", async (t) => {
  const { autosave, sent, wait } = center(t, [2]);
  autosave.changed("a");
  assert.equal(await autosave.now(), true);
  await wait(1000);
  assert.deepEqual(sent, [[1, "a"]]);
});

test("whoever asks twice at once waits for the same saving", async (t) => {
  const { autosave, sent } = center(t, [2]);
  autosave.changed("a");
  assert.deepEqual(await Promise.all([autosave.now(), autosave.now()]), [true, true]);
  assert.deepEqual(sent, [[1, "a"]]);
});

test("what changes while it is saved is saved next, in its order", async (t) => {
  const { autosave, sent, stood } = center(t, [2, 3], { during: (those) => those.changed("b") });
  autosave.changed("a");
  assert.equal(await autosave.now(), true);
  assert.deepEqual(sent, [[1, "a"], [2, "b"]]);
  assert.deepEqual([autosave.version, stood], [3, ["changed", "saving", "saving", "saved"]]);
});

test("of many changes during one saving the last is saved next", async (t) => {
  const { autosave, sent, wait } = center(t, [2, 3], { during: (those) => ["b", "c", "d"].forEach((one) => those.changed(one)) });
  autosave.changed("a");
  await autosave.now();
  await wait(1000);
  assert.deepEqual(sent, [[1, "a"], [2, "d"]]);
});

test("what is changed back while it is saved is saved too", async (t) => {
  const { autosave, sent } = center(t, [2, 3], { during: (those) => those.changed("a") });
  autosave.changed("a");
  await autosave.now();
  assert.deepEqual(sent, [[1, "a"], [2, "a"]]);
});

test("without an answer it tries again by itself, for as long as it takes", async (t) => {
  const { autosave, sent, stood, told, wait } = center(t, [NO_ANSWER, NO_ANSWER, 2]);
  autosave.changed("a");
  await wait(10);
  assert.deepEqual([autosave.state, autosave.unsaved], ["unsent", true]);
  await wait(29);
  assert.equal(sent.length, 1);
  await wait(1);
  assert.equal(sent.length, 2);
  await wait(30);
  assert.deepEqual(sent, [[1, "a"], [1, "a"], [1, "a"]]);
  assert.deepEqual(stood, ["changed", "saving", "unsent", "saving", "unsent", "saving", "saved"]);
  assert.deepEqual(new Set(told), new Set([null]));
});

test("what is written while nobody answers is what is sent in the end", async (t) => {
  const { autosave, sent, wait } = center(t, [NO_ANSWER, NO_ANSWER, 2]);
  autosave.changed("a");
  await wait(10);
  autosave.changed("b");
  await wait(10);
  autosave.changed("c");
  await wait(10);
  assert.deepEqual(sent, [[1, "a"], [1, "b"], [1, "c"]]);
  assert.deepEqual([autosave.state, autosave.unsaved], ["saved", false]);
});

test("asked for now while nobody answers, it says that it is not saved", async (t) => {
  const { autosave } = center(t, [NO_ANSWER]);
  autosave.changed("a");
  assert.equal(await autosave.now(), false);
});

test("what the center refuses is told in its words and waits for the next change", async (t) => {
  const { autosave, sent, stood, told, wait } = center(t, [REFUSED, 2]);
  autosave.changed("a");
  await wait(10);
  await wait(1000);
  assert.deepEqual([sent, stood[2], told[2].todo, autosave.unsaved], [[[1, "a"]], "refused", "t", true]);
  autosave.changed("b");
  await wait(10);
  assert.deepEqual(sent, [[1, "a"], [1, "b"]]);
  assert.deepEqual([autosave.state, told.at(-1)], ["saved", null]);
});

test("what is refused for a while is tried again by itself where the page says so", async (t) => {
  const { autosave, sent, wait } = center(t, [REFUSED, 2], { refused: 50 });
  autosave.changed("a");
  await wait(10);
  await wait(49);
  assert.deepEqual([sent.length, autosave.state], [1, "refused"]);
  await wait(1);
  assert.deepEqual([sent, autosave.state], [[[1, "a"], [1, "a"]], "saved"]);
});

test("a refusal without words is no decision: it is tried again", async (t) => {
  const { autosave, stood, wait } = center(t, [new Refused({ code: "away" }, 503), 2]);
  autosave.changed("a");
  await wait(10);
  await wait(30);
  assert.deepEqual([stood[2], autosave.state], ["unsent", "saved"]);
});

test("a mistake of the page's own is not taken for the network, and what was written is still unsaved", async (t) => {
  const { autosave } = center(t, [new TypeError("a mistake")]);
  autosave.changed("a");
  await assert.rejects(autosave.now(), TypeError);
  assert.equal(autosave.unsaved, true);
});

const THEIRS = { version: 5, content: "theirs" };

for (const [decided, content, expected, version] of [
  ["the own ones", "b", [[1, "a"], [5, "b"]], 6],
  ["the newer ones", null, [[1, "a"]], 5],
]) {
  test(`nothing is sent over a newer version before somebody decides for ${decided}`, async (t) => {
    const { autosave, sent, told, wait } = center(t, [MOVED_ON, 6], { newest: [THEIRS] });
    autosave.changed("a");
    assert.equal(await autosave.now(), false);
    assert.equal(told.at(-1).what, "w");
    autosave.changed("b");
    await wait(1000);
    assert.equal(await autosave.now(), false);
    assert.deepEqual([sent, autosave.state, autosave.unsaved], [[[1, "a"]], "moved-on", true]);
    autosave.settle(5, content);
    await wait(0);
    assert.deepEqual([sent, autosave.state, autosave.version], [expected, "saved", version]);
  });
}

test("a version that was saved and whose answer was lost is this page's own: saving goes on over it", async (t) => {
  const { autosave, sent, stood, wait } = center(t, [NO_ANSWER, MOVED_ON, 3], { newest: [{ version: 2, content: "a" }] });
  autosave.changed("a");
  await wait(10);
  await wait(30);
  assert.deepEqual(sent, [[1, "a"], [1, "a"], [2, "a"]]);
  assert.deepEqual([autosave.version, autosave.state, stood.includes("moved-on")], [3, "saved", false]);
});

test("so it is where more was written meanwhile", async (t) => {
  const { autosave, sent, wait } = center(t, [NO_ANSWER, MOVED_ON, 3], { newest: [{ version: 2, content: "a" }] });
  autosave.changed("a");
  await wait(10);
  autosave.changed("b");
  await wait(10);
  assert.deepEqual(sent, [[1, "a"], [1, "b"], [2, "b"]]);
  assert.equal(autosave.state, "saved");
});

test("so it is where two answers were lost and the first was saved", async (t) => {
  const { autosave, sent, wait } = center(t, [NO_ANSWER, NO_ANSWER, MOVED_ON, 3], { newest: [{ version: 2, content: "a" }] });
  for (const content of ["a", "b", "c"]) {
    autosave.changed(content);
    await wait(10);
  }
  assert.deepEqual(sent.at(-1), [2, "c"]);
  assert.equal(autosave.state, "saved");
});

test("the center's own order of members makes no other version of it", async (t) => {
  const newest = [{ version: 2, content: [{ end: 2, begin: { y: 1, x: [1, null] } }] }];
  const { autosave, sent, wait } = center(t, [NO_ANSWER, MOVED_ON, 3], { newest });
  autosave.changed([{ begin: { x: [1, null], y: 1 }, end: 2 }]);
  await wait(10);
  await wait(30);
  assert.deepEqual([sent.length, autosave.state], [3, "saved"]);
});

for (const [what, content] of [["a number less", [1, 2]], ["another order", [2, 1, 3]], ["a text for a number", ["1", 2, 3]], ["nothing", null]]) {
  test(`a newest version that has ${what} is another's`, async (t) => {
    const { autosave, wait } = center(t, [NO_ANSWER, MOVED_ON], { newest: [{ version: 2, content }] });
    autosave.changed([1, 2, 3]);
    await wait(10);
    await wait(30);
    assert.equal(autosave.state, "moved-on");
  });
}

test("where another's version came after the own one whose answer was lost, somebody decides", async (t) => {
  const { autosave, sent, wait } = center(t, [NO_ANSWER, MOVED_ON], { newest: [{ version: 3, content: "theirs" }] });
  autosave.changed("a");
  await wait(10);
  await wait(30);
  assert.deepEqual([sent.length, autosave.state, autosave.version], [2, "moved-on", 1]);
});

test("what was sent before an answer came is no more this page's own", async (t) => {
  const { autosave, wait } = center(t, [2, MOVED_ON], { newest: [{ version: 3, content: "a" }] });
  autosave.changed("a");
  await wait(10);
  autosave.changed("b");
  await wait(10);
  assert.equal(autosave.state, "moved-on"); // somebody has brought "a" back: that is theirs
});

test("where the newest cannot be read, nothing is decided: all is tried again", async (t) => {
  const newest = [NO_ANSWER, { version: 2, content: "a" }];
  const { autosave, sent, stood, wait } = center(t, [NO_ANSWER, MOVED_ON, MOVED_ON, 3], { newest });
  autosave.changed("a");
  await wait(10);
  await wait(30);
  assert.deepEqual([autosave.state, sent.length], ["unsent", 2]);
  await wait(30);
  assert.deepEqual([autosave.state, sent.at(-1), stood.includes("moved-on")], ["saved", [2, "a"], false]);
});

test("the newest is read only where the center says that it is another one", async (t) => {
  const { autosave, reads, wait } = center(t, [NO_ANSWER, REFUSED, 2], { refused: 5 });
  autosave.changed("a");
  await wait(10);
  await wait(30);
  await wait(5);
  assert.deepEqual([reads, autosave.state], [[], "saved"]);
});

test("a decision against what is not saved yet sends nothing more", async (t) => {
  const { autosave, sent, wait } = center(t, []);
  autosave.changed("a");
  autosave.settle(4, null);
  await wait(1000);
  assert.deepEqual([sent, autosave.state, autosave.version, autosave.unsaved], [[], "saved", 4, false]);
});

/** A page that hears what somebody does with it. */
function pageOf(t) {
  const [window, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: "visible" })];
  const before = globalThis.document;
  globalThis.document = document;
  globalThis.addEventListener = window.addEventListener.bind(window);
  t.after(() => {
    globalThis.document = before;
    delete globalThis.addEventListener;
  });
  return { window, document };
}

test("whoever leaves the page is asked as long as something is not saved", async (t) => {
  const { window } = pageOf(t);
  const { autosave } = center(t, [2]);
  autosave.guardPage();
  const leave = () => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  assert.equal(leave(), true);
  autosave.changed("a");
  assert.equal(leave(), false);
  await autosave.now();
  assert.equal(leave(), true);
});

for (const [what, leave] of [
  ["goes out of sight", ({ document }) => {
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
  }],
  ["is left", ({ window }) => window.dispatchEvent(new Event("pagehide"))],
]) {
  test(`when the page ${what}, what is not saved is sent at once`, async (t) => {
    const page = pageOf(t);
    const { autosave, sent, wait } = center(t, [2]);
    autosave.guardPage();
    leave(page);
    await wait(0);
    assert.deepEqual(sent, []);
    autosave.changed("a");
    leave(page);
    await wait(0);
    assert.deepEqual(sent, [[1, "a"]]);
  });
}

test("when the page comes into sight again, nothing is hurried", async (t) => {
  const { document } = pageOf(t);
  const { autosave, sent, wait } = center(t, [2]);
  autosave.guardPage();
  autosave.changed("a");
  document.dispatchEvent(new Event("visibilitychange"));
  await wait(9);
  assert.deepEqual(sent, []);
});
