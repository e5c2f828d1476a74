// The archive of a sealed package: read in its one spelling, and refused in every other.

import assert from "node:assert/strict";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { archiveHeader, CutShort, readArchive } from "../../../web/static/package/archives.js";
import { concat, utf8 } from "../../../web/static/proof/bytes.js";
import { Malformed } from "../../../web/static/proof/errors.js";

const BLOCK = 512;
const END = new Uint8Array(2 * BLOCK);
const padded = (content) => concat(content, new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK));
const file = (path, content) => concat(archiveHeader(path, content.length), padded(content));
const whole = (...parts) => concat(...parts, END);
const read = (bytes, total = bytes.length) => readArchive(async (offset, length) => bytes.slice(offset, offset + length), total);
const [A, B] = [utf8("a"), utf8("b".repeat(BLOCK))];
const refused = (bytes, reason, kind = Malformed) => assert.rejects(read(bytes), (error) => error instanceof kind && reason.test(error.message));

test("files are found where they lie", async () => {
  const found = await read(whole(file("bagit.txt", A), file("data/policy.txt", B), file("data/statements/0.json", new Uint8Array(0))));
  assert.deepEqual([...found], [
    ["bagit.txt", { offset: BLOCK, size: 1 }],
    ["data/policy.txt", { offset: 3 * BLOCK, size: BLOCK }],
    ["data/statements/0.json", { offset: 5 * BLOCK, size: 0 }],
  ]);
});

test("a header is ustar's, its checksum counts its own field as spaces", () => {
  const header = archiveHeader("data/a.json", 9);
  const ascii = Buffer.from(header).toString("latin1");
  assert.equal(ascii.slice(124, 136), "00000000011\0");
  assert.equal(ascii.slice(257, 265), "ustar\x0000");
  const sum = Buffer.from(ascii.slice(0, 148) + " ".repeat(8) + ascii.slice(156), "latin1").reduce((all, byte) => all + byte, 0);
  assert.equal(ascii.slice(148, 156), `${sum.toString(8).padStart(6, "0")}\0 `);
});

test("a long path is cut at its last folder, and one that cannot be cut is refused", () => {
  const long = `data/${"a".repeat(60)}/${"b".repeat(60)}`;
  const ascii = Buffer.from(archiveHeader(long, 0)).toString("latin1");
  assert.equal(ascii.slice(0, 60), "b".repeat(60));
  assert.equal(ascii.slice(345, 345 + 66), long.slice(0, 65) + "\0");
  assert.throws(() => archiveHeader(`data/${"a".repeat(101)}`, 0), Malformed);
  for (const path of ["../a", "/a", "a/b", "data//a", ".a", "a\0"]) assert.throws(() => archiveHeader(path, 0), Malformed, path);
});

test("a file of more than 8 GiB has its size in base 256", () => {
  const header = archiveHeader("data/a.mp4", 8 ** 11);
  assert.deepEqual([...header.slice(124, 136)], [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
});

test("what lies behind a file of many gigabytes is found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "archive-"));
  const place = await open(join(folder, "archive.tar"), "w+");
  try {
    const end = whole(file("data/b.txt", A));
    for (const size of [8 ** 11 - 1, 8 ** 11, 100e9 + 1]) {
      const behind = BLOCK + size + ((BLOCK - (size % BLOCK)) % BLOCK);
      await place.truncate(0);
      await place.write(archiveHeader("data/a.mp4", size), 0, BLOCK, 0);
      await place.write(end, 0, end.length, behind); // before it is a hole in the file: zeros that take no room
      const part = async (offset, length) => (await place.read(new Uint8Array(length), 0, length, offset)).buffer;
      assert.deepEqual([...(await readArchive(part, behind + end.length))], [
        ["data/a.mp4", { offset: BLOCK, size }],
        ["data/b.txt", { offset: behind + BLOCK, size: 1 }],
      ]);
    }
  } finally {
    await place.close();
    await rm(folder, { recursive: true });
  }
});

test("an archive that ends early is cut short, and is not called altered", async () => {
  const full = whole(file("a.txt", A));
  for (const length of [0, 100, BLOCK, BLOCK + 1, 2 * BLOCK]) await refused(full.slice(0, length), /ends early|longer than the archive/, CutShort);
  await refused(concat(file("a.txt", A), new Uint8Array(BLOCK)), /two empty blocks/);
});

test("nothing stands behind the end, or between files", async () => {
  await refused(concat(whole(file("a.txt", A)), new Uint8Array(BLOCK)), /two empty blocks/);
  const between = file("a.txt", A);
  between[BLOCK + 5] = 1;
  await refused(whole(between), /something behind a file/);
});

test("files are sorted, each there once, and none lies in another", async () => {
  await refused(whole(file("b.txt", A), file("a.txt", A)), /not sorted/);
  await refused(whole(file("a.txt", A), file("a.txt", A)), /there twice/);
  await refused(whole(file("data/a", A), file("data/a/b", A)), /lies in something that is a file/);
});

for (const [what, at, byte] of [["a mode", 101, 0x37], ["an owner", 110, 0x31], ["a time", 140, 0x31], ["a checksum", 150, 0x31], ["a type", 156, 0x32], ["a link", 157, 0x61], ["a name of its owner", 265, 0x61], ["a size with a space", 135, 0x20]]) {
  test(`${what} of its own is refused`, async () => {
    const other = file("a.txt", A);
    other[at] = byte;
    await refused(whole(other), /not in its only form/);
  });
}
