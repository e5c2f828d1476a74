// The original of a received file has the SHA-256 that was sealed with it, however many parts it is read in.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { Bag } from "../../../web/static/package/bags.js";
import { checkOriginal } from "../../../web/static/package/file_items.js";
import { NotProved } from "../../../web/static/proof/errors.js";

const FILES = { kind: "received", evidence: "e0".repeat(16), films: ["original.mp4"], viewing: [] };
const PATH = `data/received/${FILES.evidence}/original.mp4`;

/** @param {Uint8Array} content @param {string} sha256 @returns the lengths that were read */
async function check(content, sha256) {
  const lengths = [];
  const read = async (_, start, length) => {
    lengths.push(length);
    return content.slice(start, start + length);
  };
  const bag = new Bag({ sizes: new Map([[PATH, content.length]]), read }, new Map(), { bytes: content.length, files: 1 });
  const opening = { sealed: { files: FILES }, description: { size: content.length, sha256 }, original: "original.mp4", recipe: null };
  let hashed = 0;
  await checkOriginal(opening, bag, (bytes) => (hashed += bytes));
  assert.equal(hashed, content.length);
  return lengths;
}

test("no more than a part of it is in memory", async () => {
  const content = new Uint8Array(9_000_000).fill(7);
  const sealed = createHash("sha256").update(content).digest("hex");
  assert.deepEqual(await check(content, sealed), [4_194_304, 4_194_304, 611_392]);
  content[8_999_999] = 8;
  await assert.rejects(check(content, sealed), (error) => error instanceof NotProved && /another SHA-256/.test(error.message));
});
