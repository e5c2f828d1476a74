// docs/spec/time.md, section 8: the scripts give each vector its verdict, as Python does
// (tests/unit/chain_of_custody/test_timestamp_vectors.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromBase64 } from "../../../../web/static/proof/bytes.js";
import { NotProved } from "../../../../web/static/proof/errors.js";
import { verifyToken } from "../../../../web/static/proof/time/timestamps.js";

const file = new URL("../../../vectors/timestamps/vectors.json", import.meta.url);
const { data, anchors, vectors } = JSON.parse(readFileSync(file, "utf8"));

async function verdict({ response, anchor }) {
  try {
    await verifyToken(...[response, data, anchors[anchor]].map(fromBase64));
    return "accepted";
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    return error.reason;
  }
}

test("each vector has its verdict", async () => {
  const found = [];
  for (const one of vectors) found.push([one.name, await verdict(one)]);
  assert.deepEqual(found, vectors.map((one) => [one.name, one.verdict]));
});
