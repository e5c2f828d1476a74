// Answers lines of [module, name, arguments]: JSON of what the page's function gives, or {refused} where it throws.
// For tests/unit/player/test_scripts_agree.py. Bytes are given as {"base64": …}; an answer of NaN is null.

import { createInterface } from "node:readline";

const taken = (one) => (typeof one?.base64 === "string" ? new Uint8Array(Buffer.from(one.base64, "base64")) : one);

for await (const line of createInterface({ input: process.stdin })) {
  const [module, name, given] = JSON.parse(line);
  const found = await import(`../../web/static/${module}.js`);
  let answer;
  try {
    answer = found[name](...given.map(taken)) ?? null;
  } catch (error) {
    answer = { refused: error.reason ?? error.code ?? String(error) };
  }
  console.log(JSON.stringify(answer));
}
