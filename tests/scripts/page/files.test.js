// Files that are saved, and files that are dropped onto a page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onDrop, saveFile } from "../../../web/static/page/files.js";

class Place extends EventTarget {
  classes = new Set();
  classList = { add: (name) => this.classes.add(name), remove: (name) => this.classes.delete(name) };
}

const event = (type, dataTransfer) => Object.assign(new Event(type, { cancelable: true }), { dataTransfer });

test("what is dropped is taken from the browser, and the box shows meanwhile that it would be", () => {
  const [place, box, taken] = [new Place(), new Place(), []];
  onDrop(place, box, (dropped) => taken.push(dropped));
  for (const type of ["dragenter", "dragover"]) {
    const over = event(type);
    place.dispatchEvent(over);
    assert.deepEqual([over.defaultPrevented, [...box.classes]], [true, ["over"]], type);
  }
  place.dispatchEvent(event("dragleave"));
  assert.deepEqual([...box.classes], []);
  place.dispatchEvent(event("dragover"));
  const dropped = event("drop", { files: [] });
  place.dispatchEvent(dropped);
  assert.deepEqual([dropped.defaultPrevented, [...box.classes], taken], [true, [], [dropped.dataTransfer]]);
  place.dispatchEvent(event("drop", null));
  assert.equal(taken.length, 1);
});

test("a file is saved under its name, and its address is given up after a minute", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const revoked = [];
  t.mock.method(URL, "createObjectURL", () => "blob:1");
  t.mock.method(URL, "revokeObjectURL", (address) => revoked.push(address));
  let link;
  globalThis.document = { createElement: (tag) => (link = { tag, clicks: 0, click() { this.clicks += 1; } }) };
  saveFile(new Blob(["a"]), "photograph.jpg");
  assert.deepEqual([link.tag, link.download, link.href, link.clicks], ["a", "photograph.jpg", "blob:1", 1]);
  t.mock.timers.tick(59_999);
  assert.deepEqual(revoked, []);
  t.mock.timers.tick(1);
  assert.deepEqual(revoked, ["blob:1"]);
});
