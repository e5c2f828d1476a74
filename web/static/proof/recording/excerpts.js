// @ts-check
// Excerpts: some minutes of a recording, proved to be an unaltered part of it, and nothing of the rest.
//
// The records given are few: the header, the init segments that the films need, and one run of records without a hole.
// Each comes with its inclusion path under the root that the seal names, so the index is not needed.
//
// Specification: docs/spec/court-package.md; RFC 9162 section 2.1.3 (inclusion).

import { fromBase64, fromHex, linesOf } from "../bytes.js";
import { Malformed, NotProved } from "../errors.js";
import { verifyInclusion } from "../merkle.js";
import { parseRecord, recordWhere } from "./records.js";

/** @import { Manifest } from "./manifests.js" */
/** @import { FilmRecord } from "./records.js" */
/** @typedef {{records: FilmRecord[], paths: Bytes[][], first: number}} Excerpt `first`: index at which the run begins */

const DEEPEST = 53; // a recording has fewer than 2⁵³ records
const HASH = '"[A-Za-z0-9+/=]{44}"';
const LINE = new RegExp(`^\\{"path":\\[((?:${HASH}(?:,${HASH})*)?)\\],"record":(\\{.*\\})\\}$`);

/** @param {Bytes} bytes of `records.jsonl` @returns {Excerpt} form and order are right, places not proved @throws {Malformed} */
export function parseExcerpt(bytes) {
  /** @type {FilmRecord[]} */
  const records = [];
  /** @type {Bytes[][]} */
  const paths = [];
  for (const line of linesOf(bytes, "records.jsonl:")) {
    const match = LINE.exec(line);
    if (!match) throw new Malformed(`records.jsonl line ${records.length + 1}: not a path and a record in their canonical form`);
    const path = match[1] ? match[1].split(",").map((hash) => fromBase64(hash.slice(1, -1))) : [];
    if (path.length > DEEPEST || path.some((hash) => hash.length !== 32)) {
      throw new Malformed(`records.jsonl line ${records.length + 1}: a path that is not up to ${DEEPEST} hashes`);
    }
    records.push(parseRecord(match[2]));
    paths.push(path);
  }
  return { records, paths, first: runOf(records) };
}

/**
 * The index at which the run begins, the last stretch of records without a hole; once record 0 comes first, indices
 * ascend, what is before the run are init segments that media in it need, no media's init segment is missing or
 * passed over, and each track's numbers have no gap.
 *
 * @param {readonly FilmRecord[]} records @returns {number}
 */
function runOf(records) {
  if (records[0]?.kind !== "header") throw new Malformed("records.jsonl: the header, record 0, does not come first");
  const index = (/** @type {number} */ at) => records[at].index;
  let at = records.length - 1;
  while (at > 0 && index(at - 1) === index(at) - 1) at -= 1;
  for (let i = 1; i < records.length; i += 1) {
    if (index(i) <= index(i - 1)) throw new Malformed(`record ${index(i)} does not come after record ${index(i - 1)}`);
  }
  const run = records.slice(at);
  const needed = new Set(run.filter(({ kind }) => kind === "media").map(({ init }) => init));
  /** @type {Map<number, number>} */
  const inits = new Map();
  for (const record of records.slice(1, at)) {
    if (record.kind !== "init" || !needed.has(record.index)) {
      throw new Malformed(`record ${record.index} lies before the excerpt, and nothing in it needs it`);
    }
    inits.set(record.track, record.index);
  }
  /** @type {Map<number, number>} */
  const numbers = new Map();
  for (const record of run) {
    if (record.kind === "header") continue;
    const expected = numbers.get(record.track) ?? record.number;
    if (record.number !== expected) throw new Malformed(`record ${record.index} is number ${record.number}, ${expected} is expected`);
    numbers.set(record.track, record.number + 1);
    if (record.kind === "init") inits.set(record.track, record.index);
    else if (record.kind === "media" && inits.get(record.track) !== record.init) {
      throw new Malformed(`record ${record.index}: the init segment that it needs is not the newest given`);
    }
  }
  return index(at);
}

/**
 * Each record is in the recording that the manifest names, at its index.
 *
 * @param {Excerpt} excerpt @param {Manifest} manifest @throws {NotProved} "altered"
 */
export async function checkPaths({ records, paths }, manifest) {
  const root = fromHex(manifest.root, 32);
  for (const [i, record] of records.entries()) {
    try {
      await verifyInclusion(fromHex(record.leaf, 32), record.index, manifest.records, paths[i], root);
    } catch (error) {
      if (!(error instanceof NotProved)) throw error;
      throw new NotProved("altered", `the record is not shown to be in the recording: ${error.message}`, recordWhere(record));
    }
  }
}

/**
 * Whether the recording has records before and after those of its excerpt: what a track has at such a cut is not
 * known.
 *
 * @param {readonly FilmRecord[]} records @param {Manifest} manifest @returns {{earlier: boolean, later: boolean}}
 */
export function cutsOf(records, manifest) {
  return { earlier: runOf(records) > 1, later: records.at(-1)?.index !== manifest.records - 1 };
}

/**
 * Why the run does not cover the time from `from` to `to` as the recording has it; null where it does: something in it
 * starts at or before `from`, or nothing recorded is before it; something ends at or after `to`, or the recording does.
 *
 * @param {Excerpt} excerpt @param {{from: number, to: number}} asked µs @param {{records: number}} manifest
 */
export function whyNotCovered({ records, first }, { from, to }, manifest) {
  const media = records.filter(({ kind }) => kind === "media");
  if (media.length === 0) return "the excerpt has no picture and no sound";
  const begins = media.reduce((least, { start }) => Math.min(least, start), Infinity);
  const ends = media.reduce((most, { start, duration }) => Math.max(most, start + duration), 0);
  if (first > 1 && begins > from) return "the excerpt begins later than what was exported";
  return records.at(-1)?.index !== manifest.records - 1 && ends < to ? "the excerpt ends earlier than what was exported" : null;
}
