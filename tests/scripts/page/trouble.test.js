import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "../page.js";
import { NotProved, Unavailable } from "../../../web/static/proof/errors.js";
import { Refused, Unreachable } from "../../../web/static/page/requests.js";
import { inOne, showRefusal, showRefusalOf, troubleText, wordsOf, writeWords } from "../../../web/static/page/trouble.js";
import { speak } from "../../../web/static/page/words.js";

const WORDS = { what: "It is away.", meaning: "Nothing is lost.", todo: "Try again." };

class HTMLElement {
  hidden = true;
  textContent = "";
  onclick = () => {};
}

const page = {};

beforeEach(() => {
  Object.assign(globalThis, { HTMLElement });
  globalThis.document = { getElementById: (id) => page[id] ?? null, documentElement: { lang: "en" } };
  for (const family of ["trouble-", "refused-", ""]) for (const part of ["what", "meaning", "todo"]) page[family + part] = new HTMLElement();
  page.refused = new HTMLElement();
  page["refused-close"] = new HTMLElement();
  speak({
    altered: "It was altered.", trouble: "It cannot be had.",
    "lost.what": "The {name} is lost.", "lost.meaning": "m", "lost.todo": "t",
    "refused.own.what": "own what of {who}", "refused.own.meaning": "own meaning", "refused.own.todo": "",
    "refused.recorder.away.what": "away", "refused.recorder.away.meaning": "m", "refused.recorder.away.todo": "t",
  }, "en");
});

const shown = (before) => ["what", "meaning", "todo"].map((part) => page[before + part].textContent);

test("the three sentences of a code are the page's, filled in", () => {
  assert.deepEqual(wordsOf("lost", { name: "camera" }), { what: "The camera is lost.", meaning: "m", todo: "t" });
});

test("in one they are a paragraph, in their order", () => {
  assert.equal(inOne(WORDS), "It is away. Nothing is lost. Try again.");
});

test("each sentence stands in its own place", () => {
  writeWords(WORDS);
  assert.deepEqual(shown("trouble-"), Object.values(WORDS));
  writeWords({ ...WORDS, what: "x" }, "");
  assert.deepEqual(shown(""), ["x", WORDS.meaning, WORDS.todo]);
});

for (const [what, error, text] of [
  ["in the server's words where it gave some", new Refused({ code: "away", ...WORDS }, 503), "It is away. Nothing is lost. Try again."],
  ["in the page's words where the server gave none", new Refused({ code: "away" }, 503), "It cannot be had."],
  ["in the page's words where nobody answered", new Unreachable("x"), "It cannot be had."],
  ["in the words of whatever was not to be had", new Unavailable("unshown", "x", WORDS), "It is away. Nothing is lost. Try again."],
  ["as altered where a proof failed", new NotProved("altered", "x"), "It was altered."],
  ["in the page's words for anything else", new TypeError("x"), "It cannot be had."],
]) {
  test(`trouble is told ${what}`, () => assert.equal(troubleText(error), text));
}

test("a page can have sentences of its own for trouble", () => {
  speak({ "t.altered": "a", "t.trouble": "b" }, "en");
  assert.equal(troubleText(new NotProved("altered", "x"), "t.altered", "t.trouble"), "a");
  assert.equal(troubleText(new Unreachable("x"), "t.altered", "t.trouble"), "b");
});

test("a refusal is told in the page's sentences, and in the server's where the page has none or an empty one", () => {
  showRefusal(new Refused({ code: "own", what: "server what", meaning: "server meaning", todo: "server todo", who: "A" }, 409));
  assert.deepEqual(shown("refused-"), ["own what of A", "own meaning", "server todo"]);
  showRefusal(new Refused({ code: "other", ...WORDS }, 409));
  assert.deepEqual(shown("refused-"), Object.values(WORDS));
});

test("a refusal that nobody has words for leaves the places empty", () => {
  showRefusalOf("own");
  showRefusalOf("unknown");
  assert.deepEqual(shown("refused-"), ["", "", ""]);
});

test("where no answer came, the recorder is said to be away", () => {
  showRefusal(new Unreachable("x"));
  assert.deepEqual(shown("refused-"), ["away", "m", "t"]);
  showRefusal(new TypeError("x"));
  assert.deepEqual(shown("refused-"), ["away", "m", "t"]);
});

test("a refusal stays until somebody closes it", () => {
  showRefusalOf("own");
  assert.equal(page.refused.hidden, false);
  page["refused-close"].onclick();
  assert.equal(page.refused.hidden, true);
  showRefusalOf("own");
  assert.equal(page.refused.hidden, false);
});
