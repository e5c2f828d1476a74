// Where the contents of records lie: one place for each, and one spelling of the list that says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FileLayout, Layout, parseOpened } from "../../../web/static/package/layout.js";
import { utf8 } from "../../../web/static/proof/bytes.js";
import { Malformed } from "../../../web/static/proof/errors.js";

const SALT = `${"A".repeat(22)}==`;
const line = (more = "") => `{"file":"wide.mp4","index":3,"length":10,"offset":20,"salt":"${SALT}"${more}}\n`;
const record = (kind, track, index = 0) => ({ kind, track, index });

test("a line says file, place and salt of one record", () => {
  const [one] = parseOpened(utf8(line()));
  assert.deepEqual({ ...one, salt: [...one.salt] }, { file: "wide.mp4", index: 3, length: 10, offset: 20, salt: Array(16).fill(0) });
});

for (const [what, text] of [
  ["without its last line end", line().slice(0, -1)],
  ["with a key more", line(',"x":1')],
  ["with a space", line().replace(":3", ": 3")],
  ["with a zero in front", line().replace(":3", ":03")],
  ["with a minus", line().replace(":3", ":-3")],
  ["with another file's name", line().replace("wide.mp4", "../wide.mp4")],
  ["with a short salt", line().replace(SALT, "AAAA")],
  ["with a number that is too large", line().replace(":20", ":9007199254740991")],
  ["that is empty", ""],
]) {
  test(`a list ${what} is refused`, () => {
    assert.throws(() => parseOpened(utf8(text)), Malformed);
  });
}

test("media follow their init segment, and a further one begins a file of its own", () => {
  const layout = new Layout({ tracks: [{ track: 1, name: "wide" }, { track: 2, name: "microphone" }] });
  const placed = [["header", 0, 100], ["init", 1, 5], ["media", 1, 7], ["event", 0, 9], ["init", 2, 1], ["media", 1, 8], ["init", 1, 5], ["media", 1, 3], ["event", 0, 1]].map(
    ([kind, track, length]) => { const { file, offset } = layout.place(record(kind, track), length); return `${file} ${offset}`; },
  );
  assert.deepEqual(placed, ["header.json 0", "wide.mp4 0", "wide.mp4 5", "events.jsonl 0", "microphone.mp4 0", "wide.mp4 12", "wide-2.mp4 0", "wide-2.mp4 5", "events.jsonl 10"]);
  assert.deepEqual([layout.ends.get("events.jsonl"), layout.ends.get("wide.mp4"), layout.ends.get("wide-2.mp4")], [12, 20, 8]);
  assert.throws(() => layout.place(record("media", 9), 1), Malformed);
});

test("a file's pieces, pictures and recipe lie in files of their own", () => {
  const layout = new FileLayout("derivative", "mp4");
  const placed = [["header", 0, 4], ["piece", 1, 10], ["piece", 1, 10], ["event", 0, 6], ["piece", 2, 3], ["piece", 3, 3], ["piece", 4, 2]].map(
    ([kind, track, length]) => { const { file, offset } = layout.place(record(kind, track), length); return `${file} ${offset}`; },
  );
  assert.deepEqual(placed, ["header.json 0", "original.mp4 0", "original.mp4 10", "events.jsonl 0", "small.jpeg 0", "large.jpeg 0", "recipe.json 0"]);
  for (const [kind, format] of [["photograph", "mp4"], ["derivative", "heic"], ["document", "exe"], ["document", 7]]) {
    assert.throws(() => new FileLayout(kind, format), Malformed, `${kind} ${format}`);
  }
});
