// @ts-check
// Films hashed piece by piece.
//
// A recording commits to each second of its films, so a film is proved by the digests of its pieces, one after the
// other. An hour is more than a gigabyte and may lie on a slow stick: so it is read in large parts, several at a time,
// and each part's pieces are all given to the browser at once, which hashes in threads of its own.
//
// Knows nothing of records; what the digests mean is for the caller.

import { sha256 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{offset: number, length: number}} Piece */
/** @typedef {(start: number, length: number) => Promise<Bytes>} ReadPart */
/** @typedef {(bytes: Bytes) => Promise<Bytes>} Hash */

const WINDOW = 4 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * @template {Piece} P
 * @param {readonly P[]} pieces one after the other in a file @param {ReadPart} read of that file
 * @param {(piece: P) => boolean} wanted whether a piece is to be hashed, asked when its turn comes
 * @param {(piece: P, digest: Bytes) => void | Promise<void>} each is given the digest of every piece that is
 * @param {(bytes: number) => void} done is told how many bytes were hashed since it was told last
 * @param {Hash} hash
 * @throws {NotProved} and whatever else `read` and `each` throw; what was begun then is not waited for
 */
export async function eachPiece(pieces, read, wanted, each, done, hash = sha256) {
  const windows = windowsOf(pieces).values();
  let failed = false;
  const work = async () => {
    for (const run of windows) {
      if (failed) return;
      try {
        await hashRun(run, read, wanted, each, hash);
      } catch (error) {
        failed = true;
        throw error;
      }
      done(run.reduce((sum, { length }) => sum + length, 0));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/**
 * @template {Piece} P @param {readonly P[]} run @param {ReadPart} read @param {(piece: P) => boolean} wanted
 * @param {(piece: P, digest: Bytes) => void | Promise<void>} each
 * @param {Hash} hash
 */
async function hashRun(run, read, wanted, each, hash) {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return;
  const bytes = await read(first.offset, last.offset + last.length - first.offset);
  const hashed = run.filter(wanted).map(async (piece) => {
    const at = piece.offset - first.offset;
    await each(piece, await hash(bytes.subarray(at, at + piece.length)));
  });
  await Promise.all(hashed);
}

/** Runs of pieces that fit a window together; a longer piece goes alone. @template {Piece} P @param {readonly P[]} pieces @returns {P[][]} */
function windowsOf(pieces) {
  /** @type {P[][]} */
  const windows = [];
  let size = Infinity;
  for (const piece of pieces) {
    if (size + piece.length > WINDOW) {
      windows.push([]);
      size = 0;
    }
    windows.at(-1)?.push(piece);
    size += piece.length;
  }
  return windows;
}
