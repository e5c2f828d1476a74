// Works on the edits it is given as somebody at the desk would, and prints what came of it.
//
//   node desk.mjs FOLDER < EDITS

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { Desk } = await import(pathToFileURL(`${process.argv[2]}/redaction_desk.js`).href);
const desk = new Desk(JSON.parse(readFileSync(0, "utf8")));
const said = [];
for (const type of ["said", "unfit"]) {
  desk.addEventListener(type, ({ detail }) => said.push(`${type} ${detail.code}`));
}
desk.open("a1".repeat(16), 60e6);
const box = { x: 100, y: 100, width: 1000, height: 1000 };
desk.cover({ picture: "wide", shape: "ellipse", cover: "blur" }, 2e6, box);
const drawn = structuredClone(desk.edits.regions);
for (const x of [200, 300, 400]) desk.setKey(0, 5e6, { ...box, x }, "key 0");
const nudged = structuredClone(desk.edits.regions[0].path);
desk.undo();
const before = structuredClone(desk.edits.regions);
desk.redo();
desk.addStretch("bleeps", 50e6, 90e6);
desk.addStretch("cuts", 60e6, 61e6);
desk.remove({ kind: "regions", index: 0 });
const chosen = desk.chosen;
desk.setKeyHere(3e6);
for (let i = 0; i < 9; i += 1) desk.undo();
const ended = { bleeps: desk.edits.bleeps, redo: desk.canRedo, undo: desk.canUndo };
console.log(JSON.stringify({ drawn, nudged, before, chosen, said, ...ended }));
