// @ts-check
// Where the contents of an item's records lie in a package: the one place for each, in order.
//
// An item's films play in any player, and still each of their bytes belongs to one record: contents lie one after the
// other, by rule. `opened.jsonl` says for every record how long its content is, and the salt that its leaf needs;
// file and offset in it hold nothing that does not follow from the rule, and are compared.
//
// Trusts nothing. Specification: docs/spec/court-package.md.

import { fromBase64, linesOf } from "../proof/bytes.js";
import { Malformed } from "../proof/errors.js";
import { RECIPE_FILE } from "../proof/recording/derivatives.js";
import { RECIPE } from "../proof/recording/records.js";
import { FORMATS, MADE } from "./paths.js";

/** @import { Header } from "../proof/recording/contents.js" */
/** @import { FileKind } from "../proof/recording/file_items.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {{index: number, file: string, offset: number, length: number, salt: Bytes}} Opened where a record's content is */

const BESIDE = new Map([...MADE, [RECIPE, RECIPE_FILE]]);
const N = "(0|[1-9][0-9]{0,15})";
const LINE = new RegExp(
  `^\\{"file":"([a-z][a-z0-9.-]{0,63})","index":${N},"length":${N},"offset":${N},"salt":"([A-Za-z0-9+/]{22}==)"\\}$`,
);

/** @param {Bytes} bytes of `opened.jsonl` @returns {Opened[]} @throws {Malformed} */
export function parseOpened(bytes) {
  return linesOf(bytes, "opened.jsonl:").map((line, i) => {
    const match = LINE.exec(line);
    if (!match) throw new Malformed(`opened.jsonl line ${i + 1}: not in its canonical form`);
    const [index, length, offset] = [match[2], match[3], match[4]].map(Number);
    const opened = { index, length, offset, file: match[1], salt: fromBase64(match[5]) };
    if (![index, length, offset, length + offset].every(Number.isSafeInteger)) {
      throw new Malformed(`opened.jsonl line ${i + 1}: a number out of range`);
    }
    return opened;
  });
}

/**
 * As `Layout`, for a photograph, document or derivative: its original is `original.` and the format that its seal names,
 * the pictures made from it are `small.jpeg` and `large.jpeg`, and how a derivative was made is `recipe.json`.
 */
export class FileLayout {
  /** @param {FileKind} kind @param {unknown} format @throws {Malformed} for one that no original of this kind ends in */
  constructor(kind, format) {
    if (typeof format !== "string" || !FORMATS[kind].includes(format)) throw new Malformed("a format that has no place in a court package");
    this.original = `original.${format}`;
    /** Bytes placed so far, by file. */
    this.ends = new Map([["events.jsonl", 0]]);
  }

  /** @param {FilmRecord} record the next one @param {number} length of its content @returns {{file: string, offset: number}} */
  place({ kind, track }, length) {
    const file = kind === "header" ? "header.json" : kind === "event" ? "events.jsonl" : (BESIDE.get(track) ?? this.original);
    const offset = this.ends.get(file) ?? 0;
    this.ends.set(file, offset + length + (kind === "event" ? 1 : 0)); // a newline after it
    return { file, offset };
  }
}

/**
 * Gives each record's content its place. Ask for all records of an item, in their order.
 *
 * The header is `header.json`. Events are lines of `events.jsonl`. Media of track "wide" are in `wide.mp4` behind their
 * init segment; with each further init segment of the track a new file begins, `wide-2.mp4`: each is a file that plays.
 */
export class Layout {
  #names;
  /** @type {Map<number, number>} */
  #inits = new Map();

  /** @param {Header} header */
  constructor(header) {
    this.#names = new Map(header.tracks.map(({ track, name }) => [track, name]));
    /** Bytes placed so far, by file. */
    this.ends = new Map([["events.jsonl", 0]]);
  }

  /** @param {FilmRecord} record the next one @param {number} length of its content @returns {{file: string, offset: number}} */
  place(record, length) {
    const file = record.kind === "header" ? "header.json" : record.kind === "event" ? "events.jsonl" : this.#film(record);
    const offset = this.ends.get(file) ?? 0;
    this.ends.set(file, offset + length + (record.kind === "event" ? 1 : 0)); // a newline after each event
    return { file, offset };
  }

  /** @param {FilmRecord} record */
  #film({ index, track, kind }) {
    const name = this.#names.get(track);
    if (!name) throw new Malformed(`record ${index}: on track ${track}, which the header does not have`);
    const count = (this.#inits.get(track) ?? 0) + (kind === "init" ? 1 : 0);
    this.#inits.set(track, count);
    return count === 1 ? `${name}.mp4` : `${name}-${count}.mp4`;
  }
}
