// Answers, for each of these questions, what the page of comparison sheets makes of what was said.
//
//   node comparison.mjs FOLDER < QUESTIONS

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const said = await import(pathToFileURL(`${process.argv[2]}/comparison_said.js`).href);
const questions = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(questions.map(([name, ...given]) => said[name](...given))));
