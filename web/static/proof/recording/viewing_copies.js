// @ts-check
// Viewing copies: all tracks of an item in one film, as a rearrangement of bytes that are proved.
//
// Nothing in them is decoded and nothing invented: the header is put together from the boxes of the tracks' own init
// segments, and behind it are the media contents, in the order of the records. So a verifier makes the header itself
// and finds every other piece by the digest that it has proved before.
//
// Specification: docs/spec/court-package.md; ISO/IEC 14496-12 (boxes).

import { concat, utf8 } from "../bytes.js";
import { Malformed } from "../errors.js";

/** @import { FilmRecord } from "./records.js" */
/**
 * One viewing copy: a run of records in which no track needs two init segments.
 *
 * @typedef {{inits: Map<number, number>, media: number[]}} Segment `inits`: track → index of its init record, for every
 *   track with media here; `media`: indices of those, in order
 */

export const LONGEST_INIT = 1_000_000;

/** @param {readonly FilmRecord[]} records of an item @returns {Segment[]} its viewing copies, in order */
export function segmentsOf(records) {
  /** @type {Segment[]} */
  const found = [];
  /** @type {Map<number, number>} what each track would need now */
  const inits = new Map();
  let own = new Set(); // tracks whose init segment came within this segment
  let used = new Set(); // tracks with media in it
  /** @type {number[]} */
  let media = [];
  const finish = () => {
    const needed = [...inits].filter(([track]) => used.has(track)).sort(([a], [b]) => a - b);
    if (media.length > 0) found.push({ inits: new Map(needed), media });
    own = new Set();
    used = new Set();
    media = [];
  };
  for (const { kind, track, index } of records) {
    if (kind === "init") {
      if (own.has(track) || used.has(track)) finish();
      inits.set(track, index);
      own.add(track);
    } else if (kind === "media") {
      if (!inits.has(track)) throw new Malformed(`record ${index}: no init segment of its track came before it`);
      media.push(index);
      used.add(track);
    }
  }
  finish();
  return found;
}

/**
 * The header of a viewing copy: the `ftyp` of the first track, and a `moov` of its `mvhd`, in which the next track's
 * number is one above the highest here; the `trak` of each; an `mvex` with the `trex` of each.
 *
 * @param {ReadonlyMap<number, Bytes>} inits track → its init segment @returns {Bytes} @throws {Malformed}
 */
export function joinedInit(inits) {
  const tracks = [...inits.keys()].sort((a, b) => a - b);
  const parsed = tracks.map((track) => parseInit(/** @type {Bytes} */ (inits.get(track)), `init segment of track ${track}`));
  const [first] = parsed;
  if (!first) throw new Malformed("a viewing copy without tracks");
  const mvhd = first.mvhd.slice();
  new DataView(mvhd.buffer).setUint32(mvhd.length - 4, Number(tracks.at(-1)) + 1);
  const mvex = box("mvex", concat(...parsed.map(({ trex }) => trex)));
  return concat(first.ftyp, box("moov", concat(mvhd, ...parsed.map(({ trak }) => trak), mvex)));
}

/** @param {Bytes} content @param {string} what for the error */
function parseInit(content, what) {
  if (content.length > LONGEST_INIT) throw new Malformed(`${what}: longer than ${LONGEST_INIT} bytes`);
  const [ftyp, moov] = boxes(content, ["ftyp", "moov"], what);
  const [mvhd, trak, mvex] = boxes(moov.subarray(8), ["mvhd", "trak", "mvex"], what);
  const [trex] = boxes(mvex.subarray(8), ["trex"], what);
  if (mvhd.length < 16) throw new Malformed(`${what}: its mvhd is too short`);
  return { ftyp, mvhd, trak, trex };
}

/** `content` cut into exactly these boxes. @param {Bytes} content @param {string[]} kinds @param {string} what @returns {any} */
function boxes(content, kinds, what) {
  /** @type {Bytes[]} */
  const found = [];
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  for (let at = 0; at < content.length; ) {
    // Sizes 0 ("to the end") and 1 ("in 64 bits") are of no use in a header, and are refused.
    const size = content.length - at < 8 ? 0 : view.getUint32(at);
    if (size < 8 || size > content.length - at) throw new Malformed(`${what}: a box that does not fit`);
    found.push(content.subarray(at, at + size));
    at += size;
  }
  const same = found.length === kinds.length && found.every((one, i) => String.fromCharCode(...one.subarray(4, 8)) === kinds[i]);
  if (!same) throw new Malformed(`${what}: not exactly the boxes ${kinds.join(", ")}`);
  return found;
}

/** @param {string} kind @param {Bytes} body */
function box(kind, body) {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, 8 + body.length);
  return concat(size, utf8(kind), body);
}
