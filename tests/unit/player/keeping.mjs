// Keeps edits by a script of changes and answers, and prints which versions were sent and how it stood.
//
//   node keeping.mjs FOLDER < SCRIPT
//
// SCRIPT: {answers, acts}. An answer is a version, or {code, words?} of a refusal. An act is ["changed", edits],
// ["now"], ["settle", version, edits], ["wait", ms], or ["during", edits]: a change while the next answer is awaited.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder] = process.argv;
const module = (name) => import(pathToFileURL(`${folder}/${name}.js`).href);
const { Keeping } = await module("redaction_keeping");
const { Unavailable } = await module("errors");
const { answers, acts } = JSON.parse(readFileSync(0, "utf8"));
const [sent, stood] = [[], []];
let during = null;

const keeping = new Keeping(1, async (version, edits) => {
  sent.push([version, edits]);
  if (during !== null) keeping.changed(during);
  during = null;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = answers.shift();
  if (typeof answer === "number") return answer;
  throw new Unavailable(answer.code, "", answer.words);
}, { quiet: 10, again: 30 });
keeping.addEventListener("state", ({ detail }) => stood.push(detail.state));

for (const [act, ...given] of acts) {
  if (act === "wait") await new Promise((resolve) => setTimeout(resolve, given[0]));
  else if (act === "during") during = given[0];
  else if (act === "now") stood.push(await keeping.now());
  else keeping[act](...given);
}
console.log(JSON.stringify({ sent, stood, version: keeping.version, state: keeping.state }));
