// @ts-check
// Where the contents of an item's records are in a package: the one place for each, in order.
//
// An item's films play in any player, and still each of their bytes belongs to one record: contents are one after the
// other, by rule. `opened.jsonl` says for every record how long its content is, and the salt that its leaf needs;
// file and offset in it hold nothing that does not follow from the rule, and are compared (step 12).
//
// Trusts nothing. Specification: docs/spec/court-package.md.

import { fromBase64, linesOf, sha256 } from "../proof/bytes.js";
import { Malformed, NotProved } from "../proof/errors.js";
import { RECIPE_FILE } from "../proof/recording/derivatives.js";
import { RECIPE, recordWhere } from "../proof/recording/records.js";
import { FORMATS, itemPath, MADE } from "./paths.js";

/** @import { Header } from "../proof/recording/contents.js" */
/** @import { FileKind } from "../proof/recording/file_items.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Bag } from "./bags.js" */
/** @import { ItemFilm } from "./item_films.js" */
/** @import { ItemFiles } from "./paths.js" */
/** @typedef {ReadonlyMap<string, Bytes>} Contents an item's small files, by name */
/** For people, where a record's content is; in which file of the item, if one is named. @typedef {(record: FilmRecord, file?: string) => string} Where */
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
 * As `Layout`, for a file: its original is `original.` and the format that its seal names,
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

/** @param {Contents} contents @param {string} name of a file that every item of its kind has */
export const held = (contents, name) => /** @type {Bytes} */ (contents.get(name));

/** @param {ItemFiles} files @param {readonly FilmRecord[]} records @param {Contents} contents @returns {Opened[]} one of each record */
export function openedOf({ evidence }, records, contents) {
  const listed = parseOpened(held(contents, "opened.jsonl"));
  if (listed.length === records.length) return listed;
  throw new NotProved("incomplete", `the contents of ${listed.length} of ${records.length} records are given`, `evidence ${evidence}`);
}

/**
 * `header.json` is the first content of the item, as it was recorded or sealed.
 *
 * @param {ItemFiles} files @param {FilmRecord} record @param {Opened} opened @param {Bytes} content @param {ItemFilm} film
 * @param {"recorded" | "sealed"} done
 */
export async function checkHeaderContent(files, record, opened, content, film, done) {
  const where = itemPath(files.kind, files.evidence, "header.json");
  if (opened.index !== 0 || opened.file !== "header.json" || opened.offset !== 0 || opened.length !== content.length) {
    throw new NotProved("not-proved", "the header does not lie where it must", where);
  }
  await film.check(record, await sha256(content), `the header is not what was ${done}`, where);
}

/**
 * Each content is at its place, and the films are long enough.
 *
 * @param {ItemFiles} files @param {readonly FilmRecord[]} records @param {readonly Opened[]} listed @param {Layout | FileLayout} layout
 * @param {Bag} bag @param {Where} where
 * @param {(record: FilmRecord, opened: Opened) => Promise<boolean>} take opens a content that is in no film; whether it was one
 * @returns {Promise<Map<string, FilmRecord[]>>} film → the records in it
 */
export async function placeContents(files, records, listed, layout, bag, where, take) {
  /** @type {Map<string, FilmRecord[]>} */
  const media = new Map();
  for (const [i, record] of records.entries()) {
    const one = listed[i];
    if (one.index !== record.index) {
      throw new NotProved("not-proved", `record ${record.index} is expected in opened.jsonl`, recordWhere(record));
    }
    const { file, offset } = layout.place(record, one.length);
    if (one.file !== file || one.offset !== offset) {
      throw new NotProved("not-proved", "its content does not lie where it must", where(record, file));
    }
    if (record.kind === "header" || (await take(record, one))) continue;
    const inside = media.get(file) ?? [];
    inside.push(record);
    media.set(file, inside);
    if (Number(layout.ends.get(file)) > (bag.sizes.get(itemPath(files.kind, files.evidence, file)) ?? -1)) {
      throw new NotProved("incomplete", "its content is missing: the file ends before it", where(record, file));
    }
  }
  return media;
}
