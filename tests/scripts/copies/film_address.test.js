// The pieces of a film are given from any place, each fetched once while it is near, and again after a failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NotProved } from "../../../web/static/proof/errors.js";

const { FilmPieces } = await import("../../../web/static/copies/film_address.js");

const SEALED = 24 + 32 + 16 + 16; // bytes of a message besides a short content: salt, commitment, tag, salt of the leaf

/** A film of these contents, and the numbers of the pieces that were opened. */
function film(contents, open = async (content) => Uint8Array.from(content)) {
  const opened = [];
  const records = contents.map((content, index) => ({ index, size: SEALED + content.length }));
  const size = contents.flat().length;
  const give = (record) => {
    opened.push(record.index);
    return open(contents[record.index], record.index);
  };
  return { opened, pieces: new FilmPieces(records, size, give), records };
}

test("from any place come the bytes up to the end of the piece", async () => {
  const { pieces } = film([[1, 2, 3], [4, 5, 6], [7]]);
  const given = [];
  for (let from = 0; from < pieces.size; from += 1) given.push([...(await pieces.read(from))]);
  assert.deepEqual(given, [[1, 2, 3], [2, 3], [3], [4, 5, 6], [5, 6], [6], [7]]);
});

test("after its last byte there is none", async () => {
  const { pieces } = film([[1, 2, 3], [4]]);
  await assert.rejects(pieces.read(4), RangeError);
});

test("two pieces are fetched ahead, and each once while it is near", async () => {
  const { opened, pieces } = film([[0], [1], [2], [3], [4], [5]]);
  await pieces.read(0);
  assert.deepEqual(opened, [0, 1, 2]);
  await pieces.read(1);
  await pieces.read(1);
  assert.deepEqual(opened, [0, 1, 2, 3]);
  await pieces.read(5);
  await pieces.read(0);
  assert.deepEqual(opened, [0, 1, 2, 3, 5, 0, 1, 2]);
});

test("a piece that failed fails who reads it, and is fetched anew for the next", async () => {
  let sound = false;
  const { pieces } = film([[0], [1]], async ([byte], index) => {
    if (index === 1 && !sound) throw new NotProved("altered", "not what was sealed");
    return Uint8Array.of(byte);
  });
  assert.deepEqual([...(await pieces.read(0))], [0]);
  await assert.rejects(pieces.read(1), NotProved);
  sound = true;
  assert.deepEqual([...(await pieces.read(1))], [1]);
});

test("records of another length than the film are refused before anything is fetched", () => {
  const { records } = film([[1, 2], [3]]);
  for (const size of [2, 4]) assert.throws(() => new FilmPieces(records, size, assert.fail), { name: "NotProved" });
  assert.throws(() => new FilmPieces([{ index: 0, size: SEALED - 1 }], 0, assert.fail), { name: "Malformed" });
});
