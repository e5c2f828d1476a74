// @ts-check
// A photograph, a document or a derivative as it is sealed: a log of records like a recording, without a timeline.
//
// Record 0 says which file this is; records of kind "piece" are its bytes, in order: on track 1 the file itself, byte
// for byte as it came, on track 2 a small and on track 3 a larger picture made from it, on track 4, of a derivative
// alone, how it was made. One event says what it is.
//
// Trusts nothing that is parsed. Specification: docs/spec/manifest.md, sections 6 and 7.

import { SEALS } from "../ledger/types.js";
import { anyObject, code, digest, fromOne, id, members, oneOf, software, textOf } from "../ledger/members.js";
import { parseCanonical } from "../canonical.js";
import { Malformed } from "../errors.js";
import { openRecords } from "./manifests.js";
import { LARGE, ORIGINAL, RECIPE, SMALL } from "./records.js";

/** @import { FilmRecord } from "./records.js" */
/** @typedef {"photograph" | "document" | "received" | "derivative"} FileKind */
/**
 * @typedef {object} FileManifest
 * @property {string} case @property {string} deployment @property {string} evidence @property {string} index
 * @property {FileKind} kind @property {number} records @property {string} root
 */
/** @typedef {{case: string, deployment: string, evidence: string, kind: FileKind, purpose: string, software: Record<string, string>}} FileHeader */
/** What the one event says. @typedef {{format: string, name: string, read: Record<string, unknown>, sha256: string, size: number}} FileDescription */

/** Tracks that may follow the event. @type {Readonly<Record<FileKind, readonly number[]>>} */
const FOLLOWING = Object.freeze({
  photograph: [SMALL, LARGE],
  document: [SMALL, LARGE],
  received: [],
  derivative: [SMALL, LARGE, RECIPE],
});
const LEAST_RECORDS = 3; // header, one piece, event
const LONGEST_NAME = 255; // characters
const LONGEST_EVENT = 65_536;
const OF_ONE_FILE = { case: id, deployment: id, evidence: id, kind: oneOf(...Object.keys(SEALS)), v: oneOf(1) };
const MANIFEST = { ...OF_ONE_FILE, index: digest, records: fromOne, root: digest };
const HEADER = { ...OF_ONE_FILE, purpose: code, software };
const DESCRIPTION = {
  at: oneOf(0),
  format: code,
  name: textOf(0, LONGEST_NAME),
  read: anyObject,
  sha256: digest,
  size: fromOne,
  type: oneOf("file"),
};

/** @param {Bytes} bytes @returns {FileManifest} @throws {Malformed} */
export function parseFileManifest(bytes) {
  const manifest = /** @type {FileManifest} */ (members(parseCanonical(bytes), MANIFEST, "the manifest"));
  if (manifest.records < LEAST_RECORDS) throw new Malformed("a manifest of too few records");
  return manifest;
}

/** @param {Bytes} content @returns {FileHeader} @throws {Malformed} */
export const parseFileHeader = (content) => /** @type {FileHeader} */ (members(parseCanonical(content), HEADER, "the header"));

/** @param {Bytes} content of the one event @returns {FileDescription} @throws {Malformed} */
export function parseFileDescription(content) {
  if (content.length > LONGEST_EVENT) throw new Malformed("an event that is too long");
  return /** @type {FileDescription} */ (members(parseCanonical(content), DESCRIPTION, "the event of a file"));
}

/**
 * The records in `index`, proved to be those that this manifest names, and to be of one file.
 *
 * @param {FileManifest} manifest @param {Bytes} index @returns {Promise<FilmRecord[]>} @throws {NotProved}
 */
export async function openFileIndex(manifest, index) {
  const { records } = await openRecords(manifest, index);
  checkOrder(records, manifest.kind);
  return records;
}

/**
 * Header, pieces of the file, its event, and then perhaps pictures made from it; last the recipe, in one piece, of a
 * derivative and of nothing else.
 *
 * @param {readonly FilmRecord[]} records @param {FileKind} kindOfFile @throws {Malformed}
 */
function checkOrder(records, kindOfFile) {
  const event = records.findIndex(({ kind }) => kind === "event");
  const tracks = records.map(({ track }) => track);
  const made = tracks.slice(event + 1);
  const whole =
    event >= 2 &&
    records.every(({ kind }, at) => at === 0 || at === event || kind === "piece") &&
    tracks.slice(1, event).every((track) => track === ORIGINAL) &&
    made.every((track, i) => FOLLOWING[kindOfFile].includes(track) && track >= (made[i - 1] ?? SMALL)) &&
    made.filter((track) => track === RECIPE).length === (kindOfFile === "derivative" ? 1 : 0);
  if (!whole) throw new Malformed("an index that is not of the records of one file");
}
