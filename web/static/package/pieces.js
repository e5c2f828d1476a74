// @ts-check
// Films hashed piece by piece.
//
// A recording commits to each second of its films, so a film is proved by the digests of its pieces, one after the
// other. An hour is more than a gigabyte and may be on a slow stick: so it is read in large parts, several at a time,
// and each part's pieces are all given to the browser at once, which hashes in threads of its own.
//
// Knows nothing of records; what the digests mean is for the caller.

import { sha256 } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { Room } from "../proof/buffers.js";

/** @typedef {{offset: number, length: number}} Piece */
/**
 * What to hash, and the callbacks.
 *
 * @template {Piece} P
 * @typedef {object} Hashing
 * @property {readonly P[]} pieces one after the other in a file
 * @property {(start: number, length: number, room: Room) => Promise<Bytes>} read of that file; of no use any more once
 *   the same room is read into again
 * @property {(piece: P, digest: Bytes) => void | Promise<void>} each is given every piece's digest
 * @property {(bytes: number) => void} done called with the bytes hashed since its last call
 * @property {(piece: P) => boolean} [wanted] whether to hash a piece at all, asked when its turn comes
 * @property {(piece: P) => string} [where] what a piece that cannot be read is called
 * @property {(bytes: Bytes) => Promise<Bytes>} [hash] SHA-256 if not given
 */

// Large parts cost least; but while the first ones are read, a person may be waiting for the first picture.
const LEAST = 1024 * 1024;
const MOST = 16 * 1024 * 1024;
const AT_ONCE = 3;

/**
 * @template {Piece} P @param {Hashing<P>} hashing
 * @throws {NotProved} and whatever else `read` and `each` throw: of several that failed, the first in the file
 */
export async function eachPiece(hashing) {
  const windows = windowsOf(hashing.pieces).entries();
  /** @type {Map<number, unknown>} */
  const failures = new Map();
  const work = async () => {
    const room = new Room();
    for (const [number, run] of windows) {
      if (failures.size > 0) return; // those before this one are done or being worked on
      try {
        await hashRun(run, hashing, room);
        hashing.done(run.reduce((sum, { length }) => sum + length, 0));
      } catch (error) {
        failures.set(number, error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
}

/** @template {Piece} P @param {readonly P[]} run @param {Hashing<P>} hashing @param {Room} room */
async function hashRun(run, hashing, room) {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return;
  const bytes = await hashing.read(first.offset, last.offset + last.length - first.offset, room).catch((error) => {
    if (!(error instanceof NotProved)) throw error;
    if (run.length > 1) return null;
    if (hashing.where) error.where = hashing.where(first);
    throw error;
  });
  if (!bytes) {
    // Once more, piece by piece, to know which one it is: its time is shown.
    for (const piece of run) await hashRun([piece], hashing, room);
    return;
  }
  const { wanted = () => true, hash = sha256, each } = hashing;
  const hashed = run.filter(wanted).map(async (piece) => {
    const at = piece.offset - first.offset;
    await each(piece, await hash(bytes.subarray(at, at + piece.length)));
  });
  await Promise.all(hashed);
}

/** Runs of pieces that are read together; a longer piece goes alone. @template {Piece} P @param {readonly P[]} pieces @returns {P[][]} */
function windowsOf(pieces) {
  /** @type {P[][]} */
  const windows = [];
  let window = LEAST;
  let size = Infinity;
  for (const piece of pieces) {
    if (size + piece.length > window) {
      if (windows.length >= AT_ONCE) window = Math.min(MOST, 2 * window);
      windows.push([]);
      size = 0;
    }
    windows.at(-1)?.push(piece);
    size += piece.length;
  }
  return windows;
}
