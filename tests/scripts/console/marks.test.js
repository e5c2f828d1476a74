// Marks by the key, and the word that may follow it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Marks } from "../../../web/static/console/marks.js";

class Field extends EventTarget {
  value = "";
  focused = false;
  focus() {
    this.focused = true;
    this.dispatchEvent(new Event("focus"));
  }
  blur() {
    if (!this.focused) return;
    this.focused = false;
    this.dispatchEvent(new Event("blur"));
  }
  key(key, code, more = {}) {
    const event = Object.assign(new Event("keydown", { cancelable: true }), { key, code, ...more });
    this.dispatchEvent(event);
    if (event.defaultPrevented || key.length > 2) return;
    this.value += key;
    this.dispatchEvent(new Event("input"));
  }
}

let now, made, form, field, marks;
const submit = () => form.dispatchEvent(new Event("submit", { cancelable: true }));
const type = (text) => [...text].forEach((letter) => field.key(letter, `Key${letter.toUpperCase()}`));

/** Makes marks, each known by its moment, and gives them words. */
const asks = () => ({
  mark: (text, ago) => {
    made.push([text, now - ago]);
    return { of: now - ago };
  },
  name: (mark, text, ago) => made.push([text, now - ago, mark.of]),
});

beforeEach((t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  now = 1_000;
  t.mock.method(performance, "now", () => now);
  made = [];
  form = new EventTarget();
  field = new Field();
  marks = new Marks(form, field, asks());
});

test("the key marks at once, and the field waits for a word", () => {
  marks.press();
  assert.deepEqual(made, [["", 1_000]]);
  assert.equal(field.focused, true);
});

test("a word that follows is the word of that mark, and no mark of its own", () => {
  marks.press();
  now = 3_000;
  type("mother");
  submit();
  assert.deepEqual(made, [["", 1_000], ["mother", 1_000, 1_000]]);
  assert.deepEqual([field.value, field.focused], ["", false]);
});

test("where no word follows nothing more is marked", () => {
  for (const leave of [submit, () => field.key("Escape", "Escape"), () => field.blur()]) {
    made.length = 0;
    marks.press();
    leave();
    assert.deepEqual(made, [["", 1_000]]);
    assert.equal(field.focused, false);
  }
});

for (const [layout, letter] of [["Latin", "m"], ["Latin, with shift", "M"], ["Arabic", "ة"]]) {
  test(`pressed twice the key makes two marks, and its letter is no word: ${layout}`, () => {
    for (const leave of [submit, () => field.key("Escape", "Escape"), () => field.blur()]) {
      [now, made] = [1_000, []];
      marks = new Marks(form = new EventTarget(), field = new Field(), asks());
      marks.press();
      now = 2_000;
      field.key(letter, "KeyM");
      now = 3_000;
      leave();
      assert.deepEqual(made, [["", 1_000], ["", 2_000]]);
      assert.deepEqual([field.value, field.focused], ["", false]);
    }
  });
}

test("a key that is held down types nothing", () => {
  marks.press();
  field.key("m", "KeyM", { repeat: true });
  assert.equal(field.value, "");
});

test("Escape drops a word that was begun", () => {
  marks.press();
  type("do");
  field.key("Escape", "Escape");
  assert.deepEqual(made, [["", 1_000]]);
  assert.equal(field.value, "");
});

test("the field gives the focus up while no word is begun, so that the key marks again", (t) => {
  marks.press();
  t.mock.timers.tick(3_999);
  field.key("m", "KeyM");
  t.mock.timers.tick(3_999);
  assert.equal(field.focused, true);
  t.mock.timers.tick(1);
  assert.equal(field.focused, false);
  assert.deepEqual(made.length, 2);
  marks.press();
  type("door");
  t.mock.timers.tick(60_000);
  assert.deepEqual([field.value, field.focused, made.length], ["door", true, 3]);
});

test("a word that lies in the field keeps its own moment when the key marks another", () => {
  marks.press();
  type("door");
  field.blur();
  now = 9_000;
  marks.press();
  submit();
  assert.deepEqual(made, [["", 1_000], ["", 9_000], ["door", 1_000, 1_000]]);
});

test("by hand: a word is of the moment in which the field was entered, and the button alone marks now", () => {
  field.focus();
  now = 2_000;
  type("door");
  submit();
  now = 5_000;
  submit();
  field.focus();
  submit();
  assert.deepEqual(made, [["door", 1_000], ["", 5_000], ["", 5_000]]);
});
