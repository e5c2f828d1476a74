// Elements are looked for in a page of a few objects, which keep what the scripts set.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  addFact, copyOf, element, elementIfAny, elements, inside, leftToRight, make, makeButton, makeSvg, onPress, setContent, setOrHide, setTag,
  setText,
} from "../../../web/static/page/elements.js";

class Element extends EventTarget {
  written = 0;
  attributes = {};
  found = {};
  className = "";
  #text = "";
  get textContent() {
    return this.#text;
  }
  set textContent(text) {
    this.written += 1;
    this.#text = text;
  }
  children = [];
  append(...content) {
    for (const one of content) {
      if (typeof one === "string") this.textContent += one;
      else this.children.push(one);
    }
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  querySelectorAll(selector) {
    return this.found[selector] ?? [];
  }
  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }
}
class HTMLElement extends Element {}
class HTMLButtonElement extends HTMLElement {}
class HTMLTemplateElement extends HTMLElement {
  content = { firstElementChild: null };
}
class SVGElement extends Element {}

const page = {};
const found = {};

beforeEach(() => {
  for (const one of [page, found]) for (const name of Object.keys(one)) delete one[name];
  Object.assign(globalThis, { HTMLElement, HTMLButtonElement, HTMLTemplateElement });
  globalThis.document = {
    getElementById: (id) => page[id] ?? null,
    querySelectorAll: (selector) => found[selector] ?? [],
    createElement: (tag) => Object.assign(tag === "button" ? new HTMLButtonElement() : new HTMLElement(), { tag }),
    createElementNS: (space, tag) => Object.assign(new SVGElement(), { space, tag }),
  };
});

const message = (text) => (error) => error instanceof TypeError && error.message === text;

test("an element is found by its id", () => {
  page.send = new HTMLButtonElement();
  assert.equal(element("send"), page.send);
  assert.equal(element("send", HTMLElement), page.send);
  assert.equal(element("send", HTMLButtonElement), page.send);
});

test("an element that the page lacks is a mistake and named", () => {
  assert.throws(() => element("send"), message("the page has no HTMLElement #send"));
  assert.throws(() => element("send", HTMLButtonElement), message("the page has no HTMLButtonElement #send"));
});

test("an element of another kind is a mistake", () => {
  page.send = new HTMLElement();
  assert.throws(() => element("send", HTMLButtonElement), message("the page has no HTMLButtonElement #send"));
});

test("where no kind is named, a drawing is none", () => {
  page.strip = new SVGElement();
  assert.throws(() => element("strip"), message("the page has no HTMLElement #strip"));
  assert.equal(element("strip", SVGElement), page.strip);
});

test("an element that only some pages have is null on the others, and of the right kind where it is", () => {
  assert.equal(elementIfAny("send", HTMLButtonElement), null);
  page.send = new HTMLButtonElement();
  assert.equal(elementIfAny("send", HTMLButtonElement), page.send);
  page.send = new HTMLElement();
  assert.equal(elementIfAny("send"), page.send);
  assert.throws(() => elementIfAny("send", HTMLButtonElement), message("the page has no HTMLButtonElement #send"));
});

test("an element is found inside another, and must be there", () => {
  const card = new HTMLElement();
  card.found = { button: [new HTMLButtonElement(), new HTMLButtonElement()], svg: [new SVGElement()] };
  assert.equal(inside(card, "button", HTMLButtonElement), card.found.button[0]);
  assert.throws(() => inside(card, "svg"), message("the page has no HTMLElement svg"));
  assert.throws(() => inside(card, ".words"), message("the page has no HTMLElement .words"));
});

test("all that a selector finds come in order, and each is of the kind", () => {
  found.li = [new HTMLElement(), new HTMLElement()];
  assert.deepEqual(elements("li"), found.li);
  assert.deepEqual(elements("ol"), []);
  found.li.push(new SVGElement());
  assert.throws(() => elements("li"), message("the page has no HTMLElement li"));
});

test("all inside one element are of that one alone", () => {
  found.li = [new HTMLElement()];
  const list = new HTMLElement();
  list.found = { li: [new HTMLButtonElement()] };
  assert.deepEqual(elements("li", HTMLButtonElement, list), list.found.li);
});

test("each copy of a template is another one", () => {
  page.card = new HTMLTemplateElement();
  page.card.content.firstElementChild = { cloneNode: (deep) => deep && new HTMLElement() };
  const [one, other] = [copyOf("card"), copyOf("card")];
  assert.ok(one instanceof HTMLElement && other instanceof HTMLElement && one !== other);
});

test("a template that is empty or none is a mistake", () => {
  page.card = new HTMLTemplateElement();
  assert.throws(() => copyOf("card"), message("the page has no HTMLElement in #card"));
  page.card = new HTMLElement();
  assert.throws(() => copyOf("card"), message("the page has no HTMLTemplateElement #card"));
});

test("a text is written where it changes, and not again", () => {
  page.state = new HTMLElement();
  for (const text of ["recording", "recording", "break", "break", ""]) setText("state", text);
  assert.deepEqual([page.state.textContent, page.state.written], ["", 3]);
});

test("a new element has its class and its text, as text", () => {
  const made = make("p", "panel panel-red", "<b>a</b> & b");
  assert.deepEqual([made.tag, made.className, made.textContent], ["p", "panel panel-red", "<b>a</b> & b"]);
});

test("a new element without class and text has neither set", () => {
  const made = make("li");
  assert.deepEqual([made.className, made.written], ["", 0]);
});

test("a new element has the properties that are named, and no other", () => {
  const made = make("a", { href: "/cases", dir: "ltr" }, "A-1");
  assert.deepEqual([made.href, made.dir, made.className, made.textContent], ["/cases", "ltr", "", "A-1"]);
});

test("what is in an element is replaced where it changes, and not again", () => {
  const list = new HTMLElement();
  let replaced = 0;
  list.replaceChildren = (...content) => {
    replaced += 1;
    list.childNodes = content;
  };
  list.childNodes = [];
  const line = (text) => Object.assign(make("li", "", text), { isEqualNode: (other) => other?.textContent === text });
  for (const texts of [[], ["a"], ["a"], ["b"], ["b", "c"], ["b", "c"], ["b"], []]) {
    setContent(list, texts.map(line));
    assert.deepEqual(list.childNodes.map(({ textContent }) => textContent), texts);
  }
  assert.equal(replaced, 5);
});

test("an element of a drawing is in the namespace of drawings, with numbers as text", () => {
  const made = makeSvg("line", { x1: 0, "data-edge": "from", y2: 1.5 });
  assert.deepEqual([made.space, made.tag], ["http://www.w3.org/2000/svg", "line"]);
  assert.deepEqual(made.attributes, { x1: "0", "data-edge": "from", y2: "1.5" });
  assert.deepEqual(makeSvg("svg").attributes, {});
});

test("a button sends no form, and acts when it is pressed", () => {
  let pressed = 0;
  const made = makeButton("link", "Open", () => (pressed += 1));
  assert.deepEqual([made.tag, made.type, made.className, made.textContent], ["button", "button", "link", "Open"]);
  made.dispatchEvent(new Event("click"));
  assert.equal(pressed, 1);
});

test("a new element has what is in it, in order", () => {
  const [one, other] = [make("span", "", "a"), make("span", "", "b")];
  const made = make("p", "words", one, " and ", other);
  assert.deepEqual([made.children, made.textContent], [[one, other], " and "]);
});

test("a fact is a term and what it is, whether a text or an element", () => {
  const list = make("dl");
  const digest = make("code", "digest", "ab12");
  addFact(list, "Size", "9");
  addFact(list, "SHA-256", digest);
  assert.deepEqual(list.children.map(({ tag, textContent }) => `${tag} ${textContent}`), ["dt Size", "dd 9", "dt SHA-256", "dd "]);
  assert.deepEqual(list.children[3].children, [digest]);
});

test("a time is read from left to right, and is the same element", () => {
  const time = make("span", "numeral", "00:12:31");
  assert.equal(leftToRight(time), time);
  assert.equal(time.dir, "ltr");
});

test("what has nothing to say is not shown", () => {
  page.trouble = new HTMLElement();
  const shown = [];
  for (const text of ["away", null, "away", ""]) {
    setOrHide("trouble", text);
    shown.push([page.trouble.hidden, page.trouble.textContent]);
  }
  assert.deepEqual(shown, [[false, "away"], [true, ""], [false, "away"], [true, ""]]);
});

test("a tag has a word and a colour, or none", () => {
  const tag = make("span", "other", "before");
  setTag(tag, "OK", "green");
  assert.deepEqual([tag.className, tag.textContent], ["tag tag-green", "OK"]);
  setTag(tag, "None", "");
  assert.deepEqual([tag.className, tag.textContent], ["tag", "None"]);
});

test("a button of the page acts until the signal, and must be a button", () => {
  page.send = new HTMLButtonElement();
  page.field = new HTMLElement();
  const ends = new AbortController();
  let pressed = 0;
  onPress("send", () => (pressed += 1), ends.signal);
  page.send.dispatchEvent(new Event("click"));
  ends.abort();
  page.send.dispatchEvent(new Event("click"));
  assert.equal(pressed, 1);
  assert.throws(() => onPress("field", () => {}), message("the page has no HTMLButtonElement #field"));
});
