// Runs the scripts of transcripts outside of a browser: reads {function, arguments} lines, writes what each gives.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}.js`).href);
const [webvtt, folding, draft] = await Promise.all(["webvtt", "folding", "draft_cues"].map(load));

const found = (text, wanted) => folding.occurrences(folding.fold(text), wanted).map(({ from, to }) => text.slice(from, to));
const parse = (base64) => {
  try {
    return webvtt.parseTranscript(new Uint8Array(Buffer.from(base64, "base64")));
  } catch (error) {
    return error.reason;
  }
};
const problems = (cues, length) => Object.fromEntries(draft.problems(cues, length));
const known = { ...draft, parse, write: webvtt.writeTranscript, found, problems };

for await (const line of createInterface({ input: process.stdin })) {
  const { name, given } = JSON.parse(line);
  console.log(JSON.stringify(known[name](...given) ?? null));
}
