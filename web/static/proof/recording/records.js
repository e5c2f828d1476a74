// @ts-check
// Records: the clear descriptions of the sealed messages that a recording is made of.
//
// Header, initialisation segments, media fragments and events have one order. A record's leaf covers
// `salt ‖ canonical(record without leaf, with plain)`, so an opened message proves its own content, place,
// time and track. A record is a claim until its leaf has been recomputed here and found in the sealed
// tree (manifests.js).

import { concat, sha256, toHex, utf8 } from "../bytes.js";
import { openMessage, plainLength } from "../cobblestone.js";
import { Malformed, NotProved } from "../errors.js";
import { digest, fromZero, members, oneOf, orNull, yesOrNo } from "../ledger/members.js";
import { leafHash } from "../merkle.js";

/** @typedef {"header" | "init" | "media" | "event" | "piece"} Kind */
/**
 * All times are whole microseconds on the part's own timeline.
 *
 * @typedef {object} FilmRecord
 * @property {string} cipher SHA-256 of the sealed message
 * @property {number} duration
 * @property {number} index position in the tree
 * @property {number | null} init index of the initialisation segment that this fragment needs
 * @property {boolean} key media that begin with a keyframe, and everything that is not media
 * @property {Kind} kind
 * @property {string} leaf
 * @property {number} number place within its track (or among the events)
 * @property {number} size bytes of the sealed message
 * @property {number} start
 * @property {number} track 0 for header and events
 */

/** Tracks of a file's pieces: the file itself; pictures made from it, for a list and for a screen; how it was made. */
export const ORIGINAL = 1;
export const SMALL = 2;
export const LARGE = 3;
export const RECIPE = 4;

const NUMBERS = Object.freeze(/** @type {const} */ (["duration", "index", "number", "size", "start", "track"]));
const RECORD = {
  ...Object.fromEntries(NUMBERS.map((name) => [name, fromZero])),
  cipher: digest,
  init: orNull(fromZero),
  key: yesOrNo,
  kind: oneOf("header", "init", "media", "event", "piece"),
  leaf: digest,
};
const SALT = 16;

const N = "(0|[1-9][0-9]{0,15})";
// Matching this is being canonical (keys in RFC 8785 order, one spelling for every value), and much
// quicker than reading and writing JSON eleven thousand times for an hour of two cameras.
const LINE = new RegExp(
  `^\\{"cipher":"([0-9a-f]{64})","duration":${N},"index":${N},"init":(null|0|[1-9][0-9]{0,15}),` +
    `"key":(true|false),"kind":"(header|init|media|event|piece)","leaf":"([0-9a-f]{64})",` +
    `"number":${N},"size":${N},"start":${N},"track":${N}\\}$`,
);

/** @param {string} line without its newline @returns {FilmRecord} @throws {Malformed} */
export function parseRecord(line) {
  const match = LINE.exec(line);
  if (!match) throw new Malformed("a record that is not in its canonical form");
  const [, cipher, duration, index, init, key, kind, leaf, number, size, start, track] = match;
  return fits(
    /** @type {FilmRecord} */ ({
      cipher,
      duration: Number(duration),
      index: Number(index),
      init: init === "null" ? null : Number(init),
      key: key === "true",
      kind,
      leaf,
      number: Number(number),
      size: Number(size),
      start: Number(start),
      track: Number(track),
    }),
  );
}

/** @param {unknown} value as it came in JSON @returns {FilmRecord} @throws {Malformed} */
export const checkRecord = (value) => fits(/** @type {FilmRecord} */ (members(value, RECORD, "a record")));

/** Whether the fields fit the kind. @param {FilmRecord} record */
function fits(record) {
  const { index, track, number, start, duration, key, init } = record;
  const numbers = [...NUMBERS.map((name) => record[name]), init ?? 0, start + duration];
  const plain = init === null && key;
  const rules = {
    header: plain && [index, track, number, start, duration].every((value) => value === 0),
    init: plain && track > 0 && duration === 0,
    media: init !== null && track > 0 && duration > 0,
    event: plain && track === 0,
    piece: plain && track > 0 && start === 0 && duration === 0,
  };
  if (!numbers.every(Number.isSafeInteger) || track >= 2 ** 32 || rules[record.kind] !== true) {
    throw new Malformed(`record ${index}: its fields do not fit its kind`);
  }
  return record;
}

/**
 * Opens one message and proves that it is what its record says. In this order:
 *   1. the sealed message has the record's size and SHA-256;
 *   2. it opens under its key, every chunk authenticated;
 *   3. salt and content, put together with the record, give the record's leaf.
 *
 * @param {FilmRecord} record @param {Bytes} message @param {Bytes} key 76 bytes
 * @returns {Promise<Bytes>} the content
 * @throws {NotProved} "altered"
 */
export async function openRecord(record, message, key) {
  const altered = (/** @type {string} */ why) => new NotProved("altered", `record ${record.index}: ${why}`);
  if (message.length !== record.size || toHex(await sha256(message)) !== record.cipher) {
    throw altered("the stored message is not the one that was recorded");
  }
  const opened = await openMessage(key, message);
  if (opened.length < SALT) throw altered("the opened message is too short to hold a salt");
  const content = opened.subarray(SALT);
  const plain = toHex(await sha256(content));
  if ((await leafOf(record, opened.subarray(0, SALT), plain)) !== record.leaf) throw altered("the content is not what was sealed here");
  return content;
}

/** Bytes of content that the message of a record has. @param {FilmRecord} record @throws {Malformed} where no message is of its size */
export function contentLength({ index, size }) {
  const opened = plainLength(size);
  if (opened === null || opened < SALT) throw new Malformed(`record ${index}: no sealed message has ${size} bytes`);
  return opened - SALT;
}

/**
 * The leaf that `record` must carry for this content. Written out, since an hour of two cameras has eleven thousand.
 *
 * @param {FilmRecord} record @param {Bytes} salt 16 bytes @param {string} plain SHA-256 of the content
 * @returns {Promise<string>} in hexadecimal
 */
export async function leafOf({ cipher, duration, index, init, key, kind, number, size, start, track }, salt, plain) {
  const entry =
    `{"cipher":"${cipher}","duration":${duration},"index":${index},"init":${init},"key":${key},"kind":"${kind}",` +
    `"number":${number},"plain":"${plain}","size":${size},"start":${start},"track":${track}}`;
  return toHex(await leafHash(concat(salt, utf8(entry))));
}

/** Which record, and when in the recording, for people. @param {FilmRecord} record */
export function recordWhere({ index, start }) {
  return `record ${index}, ${clock(start)}`;
}

/** A time in a recording: 00:12:31, rounded down to the second. @param {number} at µs */
export function clock(at) {
  const seconds = Math.floor(at / 1_000_000);
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}
