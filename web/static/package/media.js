// @ts-check
// The films of a court package hold nothing but what was recorded, and its viewing copies nothing else.
//
// Step 13. The fragments are proved by then (step 12); here it is that nothing is behind or between them, and that a
// viewing copy is a rearrangement of the same bytes. A film's own digest in the bag's list is for other tools: it is
// not compared, since each of its bytes is proved by its piece.
//
// Trusts: what step 12 has proved. Specification: docs/spec/court-package.md.

import { BAG_INFO } from "./bags.js";
import { sha256Hex, toHex } from "../proof/bytes.js";
import { Malformed, NotProved } from "../proof/errors.js";
import { FILE_KINDS, itemPath, viewingPath } from "./paths.js";
import { eachPiece } from "./pieces.js";
import { FILE_NAMES } from "../proof/ledger/types.js";
import { joinedInit, LONGEST_INIT, segmentsOf } from "../proof/recording/viewing_copies.js";

/** @import { Bag } from "./bags.js" */
/** @import { Opened } from "./layout.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Segment } from "../proof/recording/viewing_copies.js" */
/** @typedef {{offset: number, length: number, digest: string, what: string}} Piece of a viewing copy, as it must be */

/**
 * Every film of the item consists of exactly the proved fragments; every original, and every picture made from it, of
 * exactly the proved pieces.
 *
 * @param {Opening | FileOpening} opening @param {Bag} bag
 */
export function checkFilms({ sealed: { files }, media, ends }, bag) {
  const kind = FILE_KINDS.get(files.kind);
  for (const file of files.films) {
    const path = itemPath(files.kind, files.evidence, file);
    if (!media.has(file)) throw new NotProved("altered", `no record of the ${kind ? FILE_NAMES[kind] : "recording"} lies in this file`, path);
    if (bag.sizes.get(path) === ends.get(file)) continue;
    throw new NotProved("altered", `there is something behind the last ${kind ? "piece" : "fragment"}`, path);
  }
}

/**
 * If there is a viewing copy of the item, all are there, and each is a header made of the tracks' own boxes and then
 * the media contents, in the order of the records.
 *
 * @param {Opening} opening @param {Bag} bag @param {(bytes: number) => void} done
 */
export async function checkViewingCopies(opening, bag, done) {
  const { evidence, viewing } = opening.sealed.files;
  if (viewing.length === 0) return;
  const segments = segmentsOf(opening.records);
  const paths = segments.map((_, i) => viewingPath(evidence, i + 1));
  const surplus = viewing.find((path) => !paths.includes(path));
  if (surplus) throw new NotProved("altered", "there is no part of the recording that this viewing copy could be of", surplus);
  const missing = paths.find((path) => !viewing.includes(path));
  if (missing) throw new NotProved("incomplete", "a viewing copy is missing", missing);
  const copies = await Promise.all(segments.map((segment) => piecesOf(segment, opening)));
  for (const [i, pieces] of copies.entries()) {
    const path = paths[i];
    const { offset, length } = /** @type {Piece} */ (pieces.at(-1));
    if (bag.sizes.get(path) !== offset + length) {
      throw new NotProved("altered", "the viewing copy is not as long as what was recorded", path);
    }
  }
  for (const [i, pieces] of copies.entries()) await checkCopy(paths[i], pieces, bag, done);
}

/** @param {string} path @param {Piece[]} pieces @param {Bag} bag @param {(bytes: number) => void} done */
async function checkCopy(path, pieces, bag, done) {
  await eachPiece({
    pieces,
    read: (start, length, room) => bag.part(path, start, length, room),
    each: (piece, digest) => {
      if (toHex(digest) === piece.digest) return;
      throw new NotProved("altered", "the viewing copy differs from what was recorded", `${path}, ${piece.what}`);
    },
    done,
  });
}

/** @param {Segment} segment @param {Opening} opening @returns {Promise<Piece[]>} */
async function piecesOf({ inits, media }, { sealed: { files }, records, opened, film }) {
  const byIndex = new Map(records.map((record) => [record.index, record]));
  const lengthOf = (/** @type {number} */ index) => /** @type {Opened} */ (opened.get(index)).length;
  /** @type {Map<number, Bytes>} */
  const contents = new Map();
  for (const [track, index] of inits) {
    if (lengthOf(index) > LONGEST_INIT) throw new Malformed("an init segment that is too long", `evidence ${files.evidence}`);
    contents.set(track, await film.content(/** @type {FilmRecord} */ (byIndex.get(index))));
  }
  const header = joinedInit(contents);
  const pieces = [{ offset: 0, length: header.length, digest: await sha256Hex(header), what: "its header" }];
  let offset = header.length;
  for (const index of media) {
    const length = lengthOf(index);
    pieces.push({ offset, length, digest: /** @type {string} */ (film.proved(index)), what: `record ${index}` });
    offset += length;
  }
  return pieces;
}

/** The payload is as large as bag-info.txt says. @param {Bag} bag */
export function checkPayloadSize({ payload, sizes, oxum }) {
  const bytes = [...payload.keys()].reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
  if (bytes !== oxum.bytes || payload.size !== oxum.files) {
    throw new NotProved("altered", "the payload is not as large as bag-info.txt says", BAG_INFO);
  }
}
