// @ts-check
// What a recording *is*: all its records in order (the index), one Merkle tree over them, one manifest.
//
// The manifest names the index's digest, the number of records and the tree's root; the ledger's
// `recording.sealed` names the manifest's digest. So a record that is altered, moved, dropped or added
// changes a signed statement, and that cannot be done.

import { fromHex, linesOf, sha256, toHex } from "../bytes.js";
import { parseCanonical } from "../canonical.js";
import { Malformed, NotProved } from "../errors.js";
import { digest, fromOne, id, members, oneOf } from "../ledger/members.js";
import { Tree } from "../merkle.js";
import { parseRecord } from "./records.js";

/** @import { FilmRecord } from "./records.js" */
/**
 * @typedef {object} Manifest
 * @property {string} deployment @property {string} evidence @property {string} index
 * @property {string} interview @property {number} part @property {number} records
 * @property {string} root @property {"complete" | "interrupted"} state
 */

const MANIFEST = {
  deployment: id,
  evidence: id,
  index: digest,
  interview: id,
  kind: oneOf("recording"),
  part: fromOne,
  records: fromOne,
  root: digest,
  state: oneOf("complete", "interrupted"),
  v: oneOf(1),
};
const MAX_OVERLAP = 1_000_000; // µs by which a fragment may begin before the one ahead of it ends

/** @param {Bytes} bytes @returns {Manifest} @throws {Malformed} */
export const parseManifest = (bytes) => /** @type {Manifest} */ (members(parseCanonical(bytes), MANIFEST, "the manifest"));

/**
 * What may follow what: record i is at position i; the header is first, and once; every track (and the
 * events) count from 0 without a hole; a fragment needs the newest initialisation segment of its track,
 * and does not go back in time.
 */
export class Order {
  #size = 0;
  #events = 0;
  /** @type {Map<number, {next: number, init: number | null, start: number, end: number}>} */
  #tracks = new Map();

  /** @param {FilmRecord} record @throws {Malformed} unless it may come next */
  accept(record) {
    const wrong = (/** @type {string} */ why) => new Malformed(`record ${record.index}: ${why}`);
    if (record.index !== this.#size) throw wrong(`record ${this.#size} is expected`);
    if ((record.kind === "header") !== (this.#size === 0)) throw wrong("the header comes first, and once");
    this.#size += 1;
    if (record.kind === "header") return;
    const track = this.#tracks.get(record.track) ?? { next: 0, init: null, start: -1, end: 0 };
    const expected = record.kind === "event" ? this.#events : track.next;
    if (record.number !== expected) throw wrong(`is number ${record.number}, ${expected} is expected`);
    if (record.kind === "event") {
      this.#events += 1;
      return;
    }
    if (record.kind === "init") {
      track.init = record.index;
    } else if (record.kind === "media") {
      if (record.init !== track.init) throw wrong("does not need the newest initialisation segment of its track");
      if (record.start <= track.start || record.start < track.end - MAX_OVERLAP) {
        throw wrong("begins before the fragment ahead of it on its track");
      }
      track.start = record.start;
      track.end = record.start + record.duration;
    }
    track.next += 1;
    this.#tracks.set(record.track, track);
  }
}

/** @param {Bytes} bytes one canonical record a line @returns {FilmRecord[]} @throws {Malformed} */
export function parseIndex(bytes) {
  const order = new Order();
  return linesOf(bytes, "an index that").map((line) => {
    const record = parseRecord(line);
    order.accept(record);
    return record;
  });
}

/**
 * The records in `index`, proved to be the ones this manifest names: same count, same bytes, same root.
 *
 * @param {Manifest} manifest @param {Bytes} index
 * @returns {Promise<{records: FilmRecord[], tree: Tree}>} @throws {NotProved}
 */
export async function openIndex(manifest, index) {
  const opened = await openRecords(manifest, index);
  if (opened.records.some(({ kind }) => kind === "piece")) throw new Malformed("a recording with pieces of files");
  return opened;
}

/**
 * The same, whatever they are records of.
 *
 * @param {{records: number, index: string, root: string}} manifest @param {Bytes} index
 * @returns {Promise<{records: FilmRecord[], tree: Tree}>} @throws {NotProved}
 */
export async function openRecords(manifest, index) {
  const records = parseIndex(index);
  if (records.length !== manifest.records) {
    throw new NotProved("incomplete", `the index has ${records.length} of ${manifest.records} records`);
  }
  if (toHex(await sha256(index)) !== manifest.index) {
    throw new NotProved("altered", "the index is not the one that the manifest names");
  }
  const tree = await Tree.over(records.map(({ leaf }) => fromHex(leaf, 32)));
  if (toHex(await tree.root(records.length)) !== manifest.root) {
    throw new NotProved("altered", "the records do not give the root that the manifest names");
  }
  return { records, tree };
}
