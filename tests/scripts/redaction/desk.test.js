import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk } from "../../../web/static/redaction/desk.js";
import { EDITS, PART, SECOND } from "./editing.js";

test("what is done on the desk is said and undone step by step", () => {
  const desk = new Desk(structuredClone(EDITS));
  const said = [];
  for (const type of ["said", "unfit"]) desk.addEventListener(type, ({ detail }) => said.push(`${type} ${detail.code}`));
  desk.open(PART, 60 * SECOND);
  const box = { x: 100, y: 100, width: 1000, height: 1000 };
  desk.cover({ picture: "wide", shape: "ellipse", cover: "blur" }, 2 * SECOND, box);
  const drawn = structuredClone(desk.edits.regions);
  assert.deepEqual(drawn.map(({ path }) => path.map(({ at }) => at)), [[2 * SECOND, 60 * SECOND]], "until the part's end");
  for (const x of [200, 300, 400]) desk.setKey(0, 5 * SECOND, { ...box, x }, "key 0");
  assert.deepEqual(
    desk.edits.regions[0].path.map(({ at, x }) => [at, x]),
    [[2 * SECOND, 100], [5 * SECOND, 400], [60 * SECOND, 400]],
  );
  desk.undo();
  assert.deepEqual(desk.edits.regions, drawn, "moving by keys is undone at once");
  desk.redo();
  desk.addStretch("bleeps", 50 * SECOND, 90 * SECOND);
  desk.addStretch("cuts", 60 * SECOND, 61 * SECOND);
  desk.remove({ kind: "regions", index: 0 });
  assert.equal(desk.chosen, null);
  desk.setKeyHere(3 * SECOND);
  for (let times = 0; times < 9; times += 1) desk.undo();
  assert.deepEqual([desk.edits.bleeps, desk.canUndo, desk.canRedo], [[], false, true]);
  assert.deepEqual(said, [
    "said covered", "said key-set", "said key-set", "said key-set", "said undone", "said redone",
    "said silenced", "unfit after-end", "said removed", "unfit none-chosen",
    "said undone", "said undone", "said undone", "said undone",
  ]);
});
