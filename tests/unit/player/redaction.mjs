// Runs steps on a module of the editor and prints what came of each, as JSON.
//
//   node redaction.mjs FOLDER < STEPS
//
// A step is [module, name, ...arguments]: a function's answer, or {unfit, values} where it refused. The arguments may
// name an earlier step's answer: {"step": 2}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder] = process.argv;
const answers = [];
for (const [module, name, ...given] of JSON.parse(readFileSync(0, "utf8"))) {
  const found = await import(pathToFileURL(`${folder}/${module}.js`).href);
  const values = given.map((one) => (one !== null && typeof one === "object" && "step" in one ? answers[one.step] : one));
  try {
    answers.push(found[name](...values) ?? null);
  } catch (error) {
    if (typeof error.code !== "string") throw error;
    answers.push({ unfit: error.code, values: error.values });
  }
}
console.log(JSON.stringify(answers));
