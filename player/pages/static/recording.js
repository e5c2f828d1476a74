// @ts-check
// What a recording is: records in one order, one Merkle tree over all of them, one manifest.
//
// A *record* is the clear description of one sealed message (the header, an initialisation segment, a
// media fragment, an event). Its leaf covers `salt ‖ canonical(record without leaf, plus plain)`, so an
// opened message proves its own place, time and track. The *index* is all records as lines; the
// *manifest* names the index's digest and the tree's root, and the ledger's `recording.sealed` names the
// manifest's digest.

import { concat, fromHex, sha256, toHex } from "./bytes.js";
import { canonical, count, exactly, parseCanonical, string } from "./canonical.js";
import { openMessage } from "./cobblestone.js";
import { Malformed, NotProved } from "./errors.js";
import { leafHash, rootOf } from "./merkle.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {"header" | "init" | "media" | "event"} Kind */
/**
 * All times are whole microseconds on the part's own timeline.
 *
 * @typedef {object} FilmRecord
 * @property {string} cipher SHA-256 of the sealed message
 * @property {number} duration
 * @property {number} index position in the tree
 * @property {number | null} init index of the initialisation segment this fragment needs
 * @property {boolean} key the media begins with a keyframe
 * @property {Kind} kind
 * @property {string} leaf
 * @property {number} number place within its track (or among the events)
 * @property {number} size bytes of the sealed message
 * @property {number} start
 * @property {number} track 0 for header and events
 */
/** @typedef {{track: number, name: string, kind: "video" | "audio", codec: string}} Track */
/**
 * @typedef {object} Header
 * @property {string} deployment @property {string} interview @property {string} evidence
 * @property {number} part @property {string} epoch wall-clock time of timeline 0
 * @property {Track[]} tracks @property {Record<string, string>} software
 * @property {string} recorder key id @property {string} purpose @property {boolean} practice
 */
/** @typedef {{at: number, type: string} & Record<string, unknown>} FilmEvent */
/**
 * @typedef {object} Manifest
 * @property {string} deployment @property {string} evidence @property {string} index
 * @property {string} interview @property {number} part @property {number} records
 * @property {string} root @property {"complete" | "interrupted"} state
 */

const RECORD_KEYS = Object.freeze(
  "cipher duration index init key kind leaf number size start track".split(" "),
);
const MANIFEST_KEYS = Object.freeze(
  "deployment evidence index interview kind part records root state v".split(" "),
);
const SALT = 16;

/** @param {unknown} value @returns {FilmRecord} @throws {Malformed} */
export function checkRecord(value) {
  const record = exactly(value, RECORD_KEYS, "a record");
  fromHex(record.cipher, 32);
  fromHex(record.leaf, 32);
  for (const name of ["duration", "index", "number", "size", "start", "track"]) count(record[name], `a record's ${name}`);
  if (record.init !== null) count(record.init, "a record's init");
  if (typeof record.key !== "boolean") throw new Malformed("a record's key is neither true nor false");
  const kind = string(record.kind, "a record's kind");
  if (!["header", "init", "media", "event"].includes(kind)) throw new Malformed(`a record of unknown kind ${kind}`);
  if ((record.track === 0) !== (kind === "header" || kind === "event")) {
    throw new Malformed(`a ${kind} on track ${record.track}`);
  }
  if ((record.init === null) !== (kind !== "media")) throw new Malformed(`a ${kind} with init ${record.init}`);
  return /** @type {FilmRecord} */ (/** @type {unknown} */ (record));
}

/**
 * Opens one message and proves that it is what its record says. In this order:
 *   1. the sealed message has the record's size and SHA-256;
 *   2. it opens under its key, every chunk authenticated;
 *   3. salt and content, put together with the record, give the record's leaf.
 * That the leaf is in the sealed tree is the caller's knowledge (see `checkIndex`).
 *
 * @param {FilmRecord} record @param {Bytes} message @param {Bytes} key 76 bytes
 * @returns {Promise<Bytes>} the content
 * @throws {NotProved} "altered"
 */
export async function openRecord(record, message, key) {
  if (message.length !== record.size || toHex(await sha256(message)) !== record.cipher) {
    throw new NotProved("altered", `record ${record.index}: the stored message is not the one that was recorded`);
  }
  const opened = await openMessage(key, message);
  if (opened.length < SALT) throw new NotProved("altered", `record ${record.index}: no salt`);
  const content = opened.subarray(SALT);
  const { leaf, ...rest } = record;
  const entry = concat(opened.subarray(0, SALT), canonical({ ...rest, plain: toHex(await sha256(content)) }));
  if (toHex(await leafHash(entry)) !== leaf) {
    throw new NotProved("altered", `record ${record.index}: the content does not belong to its record`);
  }
  return content;
}

/** @param {Bytes} bytes @returns {Manifest} @throws {Malformed} */
export function parseManifest(bytes) {
  const value = exactly(parseCanonical(bytes), MANIFEST_KEYS, "the manifest");
  if (value.v !== 1 || value.kind !== "recording") throw new Malformed("a manifest of another kind or version");
  for (const name of ["deployment", "evidence", "interview"]) fromHex(value[name], 16);
  for (const name of ["index", "root"]) fromHex(value[name], 32);
  count(value.part, "the manifest's part");
  count(value.records, "the manifest's number of records");
  if (value.state !== "complete" && value.state !== "interrupted") throw new Malformed("a manifest of unknown state");
  return /** @type {Manifest} */ (/** @type {unknown} */ (value));
}

/**
 * The records of an index, each line canonical, in their order and without a hole in any numbering.
 *
 * @param {Bytes} bytes @returns {FilmRecord[]} @throws {NotProved}
 */
export function parseIndex(bytes) {
  if (bytes.at(-1) !== 10) throw new Malformed("an index that does not end with its last line");
  /** @type {FilmRecord[]} */
  const records = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    records.push(checkRecord(parseCanonical(bytes.subarray(start, end))));
    start = end + 1;
  }
  checkOrder(records);
  return records;
}

/**
 * Record i stands at position i; the header is first and alone; every track counts from 0 without a
 * hole; a fragment needs the newest initialisation segment of its own track.
 *
 * @param {readonly FilmRecord[]} records from the beginning @throws {NotProved} "incomplete"
 */
export function checkOrder(records) {
  const wrong = (/** @type {FilmRecord} */ record, /** @type {string} */ why) =>
    new NotProved("incomplete", `record ${record.index}: ${why}`);
  /** @type {Map<string, number>} */
  const numbers = new Map();
  /** @type {Map<number, number>} */
  const inits = new Map();
  records.forEach((record, position) => {
    if (record.index !== position) throw wrong(record, `stands at position ${position}`);
    if ((record.kind === "header") !== (position === 0)) throw wrong(record, "the header must be first, and alone");
    const group = record.track === 0 ? record.kind : String(record.track);
    const expected = numbers.get(group) ?? 0;
    if (record.number !== expected) throw wrong(record, `has number ${record.number}, ${expected} is missing`);
    numbers.set(group, expected + 1);
    if (record.kind === "init") inits.set(record.track, position);
    if (record.kind === "media" && record.init !== (inits.get(record.track) ?? null)) {
      throw wrong(record, "needs an initialisation segment that is not its track's newest");
    }
  });
}

/** @param {readonly FilmRecord[]} records @returns {Promise<string>} the tree's root */
export async function rootOfRecords(records) {
  return toHex(await rootOf(records.map((record) => fromHex(record.leaf, 32))));
}

/**
 * @param {Manifest} manifest @param {Bytes} index
 * @returns {Promise<FilmRecord[]>}
 * @throws {NotProved} where the index is not the one the manifest names
 */
export async function checkIndex(manifest, index) {
  if (toHex(await sha256(index)) !== manifest.index) {
    throw new NotProved("altered", "the index is not the one that was sealed");
  }
  const records = parseIndex(index);
  if (records.length !== manifest.records) {
    throw new NotProved("incomplete", `${records.length} records, ${manifest.records} were sealed`);
  }
  if ((await rootOfRecords(records)) !== manifest.root) {
    throw new NotProved("altered", "the records do not give the root that was sealed");
  }
  return records;
}

/** @param {Bytes} content @returns {Header} @throws {Malformed} */
export function parseHeader(content) {
  const value = /** @type {Record<string, unknown>} */ (parseCanonical(content));
  if (value === null || value.v !== 1 || !Array.isArray(value.tracks)) throw new Malformed("a header of another version");
  string(value.epoch, "the header's epoch");
  for (const item of value.tracks) {
    const track = exactly(item, ["codec", "kind", "name", "track"], "a track");
    if (count(track.track, "a track's number") < 1) throw new Malformed("a track numbered 0");
    if (track.kind !== "video" && track.kind !== "audio") throw new Malformed("a track of unknown kind");
    string(track.name, "a track's name");
    string(track.codec, "a track's codec");
  }
  return /** @type {Header} */ (/** @type {unknown} */ (value));
}

/** @param {Bytes} content @returns {FilmEvent} @throws {Malformed} */
export function parseEvent(content) {
  const value = /** @type {Record<string, unknown>} */ (parseCanonical(content));
  if (value === null || typeof value !== "object") throw new Malformed("an event that is not an object");
  count(value.at, "an event's time");
  string(value.type, "an event's type");
  return /** @type {FilmEvent} */ (value);
}
