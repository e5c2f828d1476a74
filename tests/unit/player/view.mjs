// Moves a view over a recording and prints what it shows after each step.
//
//   node view.mjs FOLDER < {begin, end, steps}
//
// A step is the name of one of the view's methods, and what it is given.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { View } = await import(pathToFileURL(`${process.argv[2]}/redaction_view.js`).href);
const { begin, end, steps } = JSON.parse(readFileSync(0, "utf8"));
const view = new View(begin, end);
const shown = steps.map(([name, ...given]) => {
  const answer = view[name](...given) ?? null;
  return { answer, from: view.from, to: view.to };
});
console.log(JSON.stringify(shown));
