// @ts-check
// An item that was committed to anew, under SHA-512, is the one that is here.
//
// Part of step 12: where an item's chain holds `evidence.rehashed` and all of the item is here, its contents are
// hashed once more, and the tree over them must be the one stated. Of an excerpt nothing can be said.
//
// Trusts: what step 12 has proved with SHA-256 before. Specification: docs/spec/time.md.

import { sha512 } from "../proof/bytes.js";
import { located } from "../proof/errors.js";
import { itemPath } from "./paths.js";
import { eachPiece } from "./pieces.js";
import { checkRehashed } from "../proof/recording/rehashing.js";

/** @import { Bag } from "./bags.js" */
/** @import { Opened } from "./layout.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */

/**
 * Every `evidence.rehashed` of the item is of exactly this recording.
 *
 * @param {Opening | FileOpening} opening @param {ReadonlyMap<string, Bytes>} contents its small files @param {Bag} bag
 * @param {(bytes: number) => void} done
 */
export async function checkRehashedItem(opening, contents, bag, done) {
  const { sealed: { chain }, excerpt, records, opened } = opening;
  const stated = chain.filter(({ statement }) => statement.type === "evidence.rehashed");
  if (excerpt || stated.length === 0) return;
  const digests = await filmDigests(opening, bag, done);
  /** @type {import("../proof/recording/rehashing.js").RehashedPiece[]} */
  const pieces = [];
  for (const record of records) {
    const { file, offset, length, salt } = /** @type {Opened} */ (opened.get(record.index));
    const content = digests.get(record.index) ?? (await sha512(/** @type {Bytes} */ (contents.get(file)).slice(offset, offset + length)));
    pieces.push({ record, salt, content });
  }
  const manifest = /** @type {Bytes} */ (contents.get("manifest.json"));
  for (const { statement, position } of stated) {
    await located(`statement ${position}`, () => checkRehashed(statement.body, manifest, pieces));
  }
}

/** SHA-512 of every content in a film, by its record's index. @param {Opening | FileOpening} opening @param {Bag} bag @param {(bytes: number) => void} done */
async function filmDigests({ sealed: { files }, media, opened }, bag, done) {
  /** @type {Map<number, Bytes>} */
  const digests = new Map();
  for (const [file, records] of media) {
    const path = itemPath(files.kind, files.evidence, file);
    await eachPiece({
      pieces: records.map(({ index }) => /** @type {Opened} */ (opened.get(index))),
      read: (start, length, room) => bag.part(path, start, length, room),
      each: ({ index }, digest) => void digests.set(index, digest),
      hash: sha512,
      done,
    });
  }
  return digests;
}
