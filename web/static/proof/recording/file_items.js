// @ts-check
// A photograph, a document or a derivative as it is sealed: a log of records like a recording, without a timeline.
//
// Record 0 says which file this is; records of kind "piece" are its bytes, in order: on track 1 the file itself, byte
// for byte as it came, on track 2 a small and on track 3 a larger picture made from it, on track 4, of a derivative
// alone, how it was made. One event tells what it is.
//
// Trusts nothing that is parsed. Specification: docs/spec/manifest.md, sections 6 and 7.

import { SEALS } from "../ledger/types.js";
import { code } from "../ledger/members.js";
import { fromHex } from "../bytes.js";
import { count, exactly, isObject, parseCanonical, string } from "../canonical.js";
import { Malformed } from "../errors.js";
import { openRecords } from "./manifests.js";
import { LARGE, ORIGINAL, RECIPE, SMALL } from "./records.js";

/** @import { FilmRecord } from "./records.js" */
/** @typedef {"photograph" | "document" | "derivative"} FileKind */
/**
 * @typedef {object} FileManifest
 * @property {string} case @property {string} deployment @property {string} evidence @property {string} index
 * @property {FileKind} kind @property {number} records @property {string} root
 */
/** @typedef {{case: string, deployment: string, evidence: string, kind: FileKind, purpose: string, software: Record<string, string>}} FileHeader */
/** What the one event says. @typedef {{format: string, name: string, read: Record<string, unknown>, sha256: string, size: number}} FileTold */

const MANIFEST_KEYS = Object.freeze("case deployment evidence index kind records root v".split(" "));
const HEADER_KEYS = Object.freeze("case deployment evidence kind purpose software v".split(" "));
const TOLD_KEYS = Object.freeze("at format name read sha256 size type".split(" "));
const IDS = Object.freeze(["case", "deployment", "evidence"]);
const LEAST_RECORDS = 3; // header, one piece, event
const LONGEST_NAME = 255; // characters
const LONGEST_EVENT = 65_536;

/** @param {Bytes} bytes @returns {FileManifest} @throws {Malformed} */
export function parseFileManifest(bytes) {
  const value = exactly(parseCanonical(bytes), MANIFEST_KEYS, "the manifest");
  if (value.v !== 1) throw new Malformed("a manifest of another version");
  for (const name of IDS) fromHex(value[name], 16);
  for (const name of ["index", "root"]) fromHex(value[name], 32);
  fileKind(value.kind);
  if (count(value.records, "the manifest's number of records") < LEAST_RECORDS) throw new Malformed("a manifest of too few records");
  return /** @type {FileManifest} */ (value);
}

/** @param {Bytes} content @returns {FileHeader} @throws {Malformed} */
export function parseFileHeader(content) {
  const value = exactly(parseCanonical(content), HEADER_KEYS, "the header");
  const { software } = value;
  if (value.v !== 1) throw new Malformed("a header of another version");
  for (const name of IDS) fromHex(value[name], 16);
  fileKind(value.kind);
  code(value.purpose, "the header's purpose");
  if (!isObject(software)) throw new Malformed("a header's software");
  for (const version of Object.values(software)) string(version, "a version of software");
  return /** @type {FileHeader} */ (value);
}

/** @param {Bytes} content of the one event @returns {FileTold} @throws {Malformed} */
export function parseFileTold(content) {
  if (content.length > LONGEST_EVENT) throw new Malformed("an event that is too long");
  const value = exactly(parseCanonical(content), TOLD_KEYS, "what a file is told by");
  const { read } = value;
  if (value.type !== "file" || value.at !== 0) throw new Malformed("not what a file is told by");
  if (count(value.size, "a file's size") < 1) throw new Malformed("a file of no bytes");
  fromHex(value.sha256, 32);
  code(value.format, "a file's format");
  if ([...string(value.name, "a file's name")].length > LONGEST_NAME) throw new Malformed("a file's name that is too long");
  if (!isObject(read)) throw new Malformed("a file of which nothing was read");
  return /** @type {FileTold} */ (value);
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
  const told = records.findIndex(({ kind }) => kind === "event");
  const tracks = records.map(({ track }) => track);
  const made = tracks.slice(told + 1);
  const whole =
    told >= 2 &&
    records.every(({ kind }, at) => at === 0 || at === told || kind === "piece") &&
    tracks.slice(1, told).every((track) => track === ORIGINAL) &&
    made.every((track, i) => [SMALL, LARGE, RECIPE].includes(track) && track >= (made[i - 1] ?? SMALL)) &&
    made.filter((track) => track === RECIPE).length === (kindOfFile === "derivative" ? 1 : 0);
  if (!whole) throw new Malformed("an index that is not of the records of one file");
}

/** @param {unknown} value */
function fileKind(value) {
  if (typeof value !== "string" || !Object.hasOwn(SEALS, value)) throw new Malformed("no kind of file");
}
