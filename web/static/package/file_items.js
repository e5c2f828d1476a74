// @ts-check
// One file of a court package, from its seal down to its last byte.
//
// Steps 11 to 13, for what is no recording. The signed seal names a manifest, the manifest an index and a root, each
// record's leaf commits to a salt, a place and a content. The original is proved twice, by its pieces and by the SHA-256
// that its event gives: so the digest that a court computes of the file is the sealed one. A derivative is proved as
// films are.
//
// Trusts: the item's chain of statements, which steps 4 to 7 have proved. Nothing of what a file shows is proved.
//
// Specification: docs/spec/court-package.md; docs/spec/manifest.md, sections 6 and 7.

import { equal, sha256, toHex } from "../proof/bytes.js";
import { canonical } from "../proof/canonical.js";
import { parseRecipe, RECIPE_FILE } from "../proof/recording/derivatives.js";
import { NotProved } from "../proof/errors.js";
import { openFileIndex, parseFileHeader, parseFileManifest, parseFileDescription } from "../proof/recording/file_items.js";
import { ItemFilm } from "./item_films.js";
import { checkHeaderContent, FileLayout, held, openedOf, placeContents } from "./layout.js";
import { FILE_KINDS, itemPath } from "./paths.js";
import { RECIPE } from "../proof/recording/records.js";
import { Sha256 } from "../proof/sha256.js";

const PART = 4 * 1024 * 1024; // bytes of a received file that are read at a time

/** @import { Bag } from "./bags.js" */
/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Recipe } from "../proof/recording/derivatives.js" */
/** @import { FileHeader, FileManifest, FileDescription } from "../proof/recording/file_items.js" */
/** @import { Contents, Opened } from "./layout.js" */
/** @import { ItemFiles } from "./paths.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {{files: ItemFiles, chain: Filed[], manifest: FileManifest, records: FilmRecord[]}} SealedFile step 11's */
/**
 * A file whose records, header and event are proved, and whose pieces can be read.
 *
 * @typedef {object} FileOpening
 * @property {SealedFile} sealed @property {null} excerpt @property {FilmRecord[]} records @property {FileHeader} header
 * @property {FileDescription} description @property {string} original name of the file itself
 * @property {Recipe | null} recipe how a derivative was made
 * @property {ReadonlyMap<number, Opened>} opened by index
 * @property {ReadonlyMap<string, number>} ends file → bytes its contents have
 * @property {ReadonlyMap<string, FilmRecord[]>} media file → the records in it
 * @property {ItemFilm} film
 */

/**
 * Step 11: the manifest is the one that the seal names, and the index is the manifest's; ids, kind and case agree.
 *
 * @param {ItemFiles} files @param {Contents} contents @param {Filed[]} chain @param {TrustPolicy} policy
 * @returns {Promise<SealedFile>}
 */
export async function checkFileManifest(files, contents, chain, policy) {
  const where = itemPath(files.kind, files.evidence, "manifest.json");
  const bytes = held(contents, "manifest.json");
  const manifest = parseFileManifest(bytes);
  const { body, case: ofCase } = chain[0].statement;
  if (toHex(await sha256(bytes)) !== body.manifest) throw new NotProved("altered", "the manifest is not the one that was sealed", where);
  const same = manifest.deployment === policy.deployment && manifest.evidence === files.evidence;
  if (!same || manifest.case !== ofCase || manifest.kind !== FILE_KINDS.get(files.kind)) {
    throw new NotProved("not-proved", "the manifest is of another file than its statements", where);
  }
  if (manifest.records !== body.records || manifest.root !== body.root) {
    throw new NotProved("not-proved", "manifest and seal name different records", where);
  }
  return { files, chain, manifest, records: await openFileIndex(manifest, held(contents, "index.jsonl")) };
}

/**
 * Step 12, first half: header and event; where each content is.
 *
 * @param {SealedFile} sealed @param {Contents} contents @param {Bag} bag @returns {Promise<FileOpening>}
 */
export async function openFile(sealed, contents, bag) {
  const { files, records, chain } = sealed;
  const path = (/** @type {string} */ file) => itemPath(files.kind, files.evidence, file);
  const listed = openedOf(files, records, contents);
  const opened = new Map(listed.map((one) => [one.index, one]));
  /** @type {import("./layout.js").Where} */
  const where = ({ index }, file = opened.get(index)?.file ?? "") => `${path(file)}, record ${index}`;
  const read = (/** @type {string} */ file, /** @type {number} */ offset, /** @type {number} */ length) =>
    bag.part(path(file), offset, length);
  const film = new ItemFilm(records, opened, read, where, 0);
  const header = await openHeader(sealed, listed[0], held(contents, "header.json"), film);
  const layout = new FileLayout(sealed.manifest.kind, chain[0].statement.body.format);
  /** @type {{description: FileDescription | null, recipe: Recipe | null}} */
  const parts = { description: null, recipe: null };
  const media = await placeContents(files, records, listed, layout, bag, where, async (record, one) => {
    if (record.kind === "event") parts.description = await openEvent(sealed, record, one, held(contents, "events.jsonl"), film, where(record));
    else if (record.track === RECIPE) parts.recipe = await openRecipe(record, one, held(contents, RECIPE_FILE), film, where(record));
    return record.kind === "event" || record.track === RECIPE;
  });
  const description = /** @type {FileDescription} */ (parts.description); // an index of one file has one event
  if (parts.recipe) checkRecipe(parts.recipe, sealed, description);
  return { sealed, excerpt: null, records, header, ...parts, description, opened, ends: layout.ends, media, film, original: layout.original };
}

/**
 * Step 13: all pieces of the original together are the file that the event describes; of a derivative only that it
 * is as long.
 *
 * @param {FileOpening} opening @param {Bag} bag @param {(bytes: number) => void} done
 */
export async function checkOriginal({ sealed: { files }, description, original, recipe }, bag, done) {
  const path = itemPath(files.kind, files.evidence, original);
  if (bag.sizes.get(path) !== description.size) throw new NotProved("not-proved", "it has another size than was sealed with it", path);
  if (recipe) return;
  const whole = files.kind === "received" ? digestInParts : digestAtOnce;
  if (toHex(await whole(path, description.size, bag, done)) !== description.sha256) throw new NotProved("not-proved", "it has another SHA-256 than was sealed with it", path);
}

/** @param {string} path @param {number} size @param {Bag} bag @param {(bytes: number) => void} done */
async function digestAtOnce(path, size, bag, done) {
  const digest = await sha256(await bag.part(path, 0, size));
  done(size);
  return digest;
}

/**
 * The SHA-256 of a file that may be too long for a browser's memory, and so for the browser's own SHA-256.
 *
 * @param {string} path @param {number} size @param {Bag} bag @param {(bytes: number) => void} done
 */
async function digestInParts(path, size, bag, done) {
  const hash = new Sha256();
  for (let at = 0; at < size; at += PART) {
    const length = Math.min(PART, size - at);
    hash.update(await bag.part(path, at, length));
    done(length);
  }
  return hash.digest();
}

/** @param {SealedFile} sealed @param {Opened} opened @param {Bytes} content @param {ItemFilm} film */
async function openHeader({ files, manifest, records }, opened, content, film) {
  await checkHeaderContent(files, records[0], opened, content, film, "sealed");
  const header = parseFileHeader(content);
  const same = /** @type {const} */ (["deployment", "case", "evidence", "kind"]).every((name) => header[name] === manifest[name]);
  if (!same) throw new NotProved("not-proved", "the header is of another file", itemPath(files.kind, files.evidence, "header.json"));
  return header;
}

/**
 * The one event, which is all of events.jsonl.
 *
 * @param {SealedFile} sealed @param {FilmRecord} record @param {Opened} opened @param {Bytes} file @param {ItemFilm} film
 * @param {string} where
 */
async function openEvent({ chain }, record, { length }, file, film, where) {
  if (file.length <= length) throw new NotProved("incomplete", "the event is missing: the file ends before it", where);
  if (file.length !== length + 1 || file[length] !== 10) {
    throw new NotProved("altered", "events.jsonl has more in it than the event sealed", where);
  }
  const content = file.slice(0, length);
  await film.check(record, await sha256(content), "the event is not what was sealed", where);
  const description = parseFileDescription(content);
  if (description.format !== chain[0].statement.body.format) {
    throw new NotProved("not-proved", "the event names another format than the seal", where);
  }
  return description;
}

/**
 * How it was made, which is all of recipe.json.
 *
 * @param {FilmRecord} record @param {Opened} opened @param {Bytes} content @param {ItemFilm} film @param {string} where
 */
async function openRecipe(record, { length }, content, film, where) {
  if (content.length < length) throw new NotProved("incomplete", "its content is missing: the file ends before it", where);
  if (content.length > length) throw new NotProved("altered", "the recipe is not what was sealed", where);
  await film.check(record, await sha256(content), "the recipe is not what was sealed", where);
  return parseRecipe(content);
}

/**
 * The recipe is of this derivative: it has the sources that the statement names, and gives this file.
 *
 * @param {Recipe} recipe @param {SealedFile} sealed @param {FileDescription} description
 */
function checkRecipe({ kind, sources, output }, { files, chain }, { size, sha256: digest }) {
  const where = itemPath(files.kind, files.evidence, RECIPE_FILE);
  const { body } = chain[0].statement;
  if (kind !== body.kind || !equal(canonical(sources), canonical(body.sources))) {
    throw new NotProved("not-proved", "the recipe is of another derivative than was stated", where);
  }
  if (output.size !== size || output.sha256 !== digest) {
    throw new NotProved("not-proved", "the recipe gives another file than was sealed", where);
  }
}
