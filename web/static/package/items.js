// @ts-check
// One item of a court package, from its seal down to the last byte of its films.
//
// Steps 11 and 12. The signed seal names a manifest, the manifest a root over the recording's records, each record's
// leaf commits to a salt, a place, a time and a content; the contents are recomputed from the films themselves. Of a
// whole recording the index gives all records, of an excerpt each record comes with its path to the root.
//
// Trusts: the item's chain of statements, which steps 4 to 7 have proved. Specification: docs/spec/court-package.md,
// docs/spec/manifest.md.

import { sha256, toHex } from "../proof/bytes.js";
import { parseEvent, parseHeader } from "../proof/recording/contents.js";
import { NotProved } from "../proof/errors.js";
import { checkPaths, parseExcerpt } from "../proof/recording/excerpts.js";
import { ItemFilm } from "./item_films.js";
import { Layout, parseOpened } from "./layout.js";
import { openIndex, parseManifest } from "../proof/recording/manifests.js";
import { FILE_KINDS, itemPath } from "./paths.js";
import { eachPiece } from "./pieces.js";
import { clock, recordWhere } from "../proof/recording/records.js";
import { checkHeaderSenders, checkSenderEvent, SENDER } from "../proof/recording/senders.js";

/** @import { Bag } from "./bags.js" */
/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { FilmEvent, Header } from "../proof/recording/contents.js" */
/** @import { Excerpt } from "../proof/recording/excerpts.js" */
/** @import { Opened } from "./layout.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Manifest } from "../proof/recording/manifests.js" */
/** @import { ItemFiles } from "./paths.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {ReadonlyMap<string, Bytes>} Contents an item's small files, by name */
/** @typedef {{files: ItemFiles, chain: Filed[], manifest: Manifest, records: FilmRecord[] | null}} Sealed step 11's: `records` of a whole recording */
/**
 * An item whose records, header and events are proved, and whose films can be read.
 *
 * @typedef {object} Opening
 * @property {Sealed} sealed @property {Excerpt | null} excerpt @property {FilmRecord[]} records @property {Header} header
 * @property {FilmEvent[]} events @property {ReadonlyMap<number, Opened>} opened by index
 * @property {ReadonlyMap<string, number>} ends file → bytes its contents have
 * @property {ReadonlyMap<string, FilmRecord[]>} media film → the records in it
 * @property {ItemFilm} film
 */

/**
 * Step 11: the manifest is the one that `recording.sealed` names, and the index is the manifest's; every
 * `recording.progress` had, at its time, the same records as the first of those sealed (of an excerpt only that they
 * were not more).
 *
 * @param {ItemFiles} files @param {Contents} contents @param {Filed[]} chain @param {TrustPolicy} policy
 * @returns {Promise<Sealed>}
 */
export async function checkManifest(files, contents, chain, policy) {
  const where = itemPath(files.kind, files.evidence, "manifest.json");
  const bytes = /** @type {Bytes} */ (contents.get("manifest.json"));
  const manifest = parseManifest(bytes);
  const { body: begun } = chain[0].statement;
  const { body } = sealOf(chain).statement;
  if (toHex(await sha256(bytes)) !== body.manifest) throw new NotProved("altered", "the manifest is not the one that was sealed", where);
  const { deployment, evidence, interview, part } = manifest;
  const same = deployment === policy.deployment && evidence === files.evidence;
  if (!same || interview !== begun.interview || part !== begun.part) {
    throw new NotProved("not-proved", "the manifest is of another recording than its statements", where);
  }
  if (manifest.records !== body.records || manifest.root !== body.root || manifest.state !== body.state) {
    throw new NotProved("not-proved", "manifest and seal name different records", where);
  }
  const index = contents.get("index.jsonl");
  const opened = index ? await openIndex(manifest, index) : null;
  await checkProgress(chain, manifest, async (size) => (opened ? toHex(await opened.tree.root(size)) : null));
  return { files, chain, manifest, records: opened?.records ?? null };
}

/** @param {readonly Filed[]} chain @returns {Filed} */
export function sealOf(chain) {
  return /** @type {Filed} */ (chain.find(({ statement }) => statement.type === "recording.sealed"));
}

/**
 * @param {readonly Filed[]} chain @param {Manifest} manifest
 * @param {(size: number) => Promise<string | null>} rootAt null where it cannot be known
 */
async function checkProgress(chain, manifest, rootAt) {
  let reached = 0;
  for (const { statement, position } of chain) {
    const { type, body } = statement;
    if (type !== "recording.progress" && type !== "recording.interrupted") continue;
    const fails = (/** @type {string} */ reason, /** @type {string} */ why) => new NotProved(reason, why, `statement ${position}`);
    if (body.records < reached || body.records > manifest.records) {
      throw fails("incomplete", `the recording once had ${body.records} records`);
    }
    const root = body.records === manifest.records ? manifest.root : await rootAt(body.records);
    if (root !== null && root !== body.root) throw fails("altered", `the first ${body.records} records are not those it had then`);
    if (type === "recording.interrupted" && body.records !== manifest.records) {
      throw fails("not-proved", "seal and interruption name different records");
    }
    reached = body.records;
  }
}

/**
 * Step 12, first half: the records of an excerpt; header and events; where each content lies.
 *
 * @param {Sealed} sealed @param {Contents} contents @param {Bag} bag @returns {Promise<Opening>}
 */
export async function openItem(sealed, contents, bag) {
  const { files, manifest } = sealed;
  const path = (/** @type {string} */ file) => itemPath(files.kind, files.evidence, file);
  const small = (/** @type {string} */ name) => /** @type {Bytes} */ (contents.get(name));
  const excerpt = sealed.records ? null : parseExcerpt(small("records.jsonl"));
  if (excerpt) await checkPaths(excerpt, manifest);
  const records = sealed.records ?? /** @type {Excerpt} */ (excerpt).records;
  const listed = parseOpened(small("opened.jsonl"));
  if (listed.length !== records.length) {
    const why = `the contents of ${listed.length} of ${records.length} records are given`;
    throw new NotProved("incomplete", why, `evidence ${files.evidence}`);
  }
  const opened = new Map(listed.map((one) => [one.index, one]));
  /** @type {Header | null} */
  let header = null;
  const where = (/** @type {FilmRecord} */ record) => wherein(header, path(opened.get(record.index)?.file ?? ""), record);
  const read = async (/** @type {string} */ file, /** @type {number} */ offset, /** @type {number} */ length) => {
    const held = contents.get(file);
    return held ? held.slice(offset, offset + length) : bag.part(path(file), offset, length);
  };
  const begins = records.reduce((least, { kind, start }) => (kind === "media" ? Math.min(least, start) : least), Infinity);
  const film = new ItemFilm(records, opened, read, where, excerpt && begins < Infinity ? begins : 0);
  header = await openHeader(sealed, records[0], listed[0], small("header.json"), film);
  const layout = new Layout(header);
  /** @type {Map<string, FilmRecord[]>} */
  const media = new Map();
  /** @type {FilmEvent[]} */
  const events = [];
  for (const [i, record] of records.entries()) {
    const one = listed[i];
    if (one.index !== record.index) {
      throw new NotProved("not-proved", `record ${record.index} is expected in opened.jsonl`, recordWhere(record));
    }
    const { file, offset } = layout.place(record, one.length);
    if (one.file !== file || one.offset !== offset) throw new NotProved("not-proved", "its content does not lie where it must", where(record));
    if (record.kind === "event") {
      events.push(await openEvent(header, record, one, small("events.jsonl"), film, where(record)));
    } else if (record.kind !== "header") {
      const inside = media.get(file) ?? [];
      inside.push(record);
      media.set(file, inside);
      if (Number(layout.ends.get(file)) > (bag.sizes.get(path(file)) ?? -1)) {
        throw new NotProved("incomplete", "its content is missing: the file ends before it", where(record));
      }
    }
  }
  if (layout.ends.get("events.jsonl") !== small("events.jsonl").length) {
    throw new NotProved("altered", "events.jsonl has more in it than the events recorded", path("events.jsonl"));
  }
  return { sealed, excerpt, records, header, events, opened, ends: layout.ends, media, film };
}

/** @param {Sealed} sealed @param {FilmRecord} record @param {Opened} opened @param {Bytes} content @param {ItemFilm} film */
async function openHeader({ files, chain, manifest }, record, opened, content, film) {
  const where = itemPath(files.kind, files.evidence, "header.json");
  const { body } = chain[0].statement;
  if (record.leaf !== body.header) throw new NotProved("altered", "the header is not the one the recording was started with", where);
  if (opened.index !== 0 || opened.file !== "header.json" || opened.offset !== 0 || opened.length !== content.length) {
    throw new NotProved("not-proved", "the header does not lie where it must", where);
  }
  await film.check(record, await sha256(content), "the header is not what was recorded", where);
  const header = parseHeader(content);
  const same = /** @type {const} */ (["deployment", "interview", "evidence", "part"]).every((name) => header[name] === manifest[name]);
  if (!same || header.recorder !== body.recorder) throw new NotProved("not-proved", "the header is of another recording", where);
  if (header.practice) throw new NotProved("not-proved", "the recording was made for practice and is not evidence", where);
  await checkHeaderSenders(header, body.beside, where);
  return header;
}

/** @param {Header} header @param {FilmRecord} record @param {Opened} opened @param {Bytes} file @param {ItemFilm} film @param {string} where */
async function openEvent(header, record, { offset, length }, file, film, where) {
  const end = offset + length;
  if (file.length <= end) throw new NotProved("incomplete", "the event is missing: the file ends before it", where);
  const content = file.slice(offset, end);
  await film.check(record, await sha256(content));
  if (file[end] !== 10) throw new NotProved("altered", "the event is not what was recorded", where);
  const event = parseEvent(content);
  if (event.at !== record.start) throw new NotProved("not-proved", "the event gives another time than its record", where);
  if (event.type === SENDER) await checkSenderEvent(event, header.interview, where);
  return event;
}

/**
 * Step 12, second half: every fragment's leaf, from its bytes in the film; of a photograph, document or derivative every piece's.
 * Goes on behind one that is altered, so that it can be said how many are.
 *
 * @param {Opening | FileOpening} opening @param {Bag} bag @param {(bytes: number) => void} done
 */
export async function checkFragments({ sealed: { files }, media, opened, film }, bag, done) {
  for (const [file, records] of media) {
    const path = itemPath(files.kind, files.evidence, file);
    await eachPiece({
      pieces: records.map((record) => ({ record, .../** @type {Opened} */ (opened.get(record.index)) })),
      read: (start, length, room) => bag.part(path, start, length, room),
      wanted: ({ record }) => !film.knows(record.index), // not played yet
      each: async ({ record }, digest) => {
        await film.check(record, digest).catch((error) => {
          if (!(error instanceof NotProved)) throw error;
        });
      },
      where: ({ record }) => film.where(record),
      done,
    });
  }
  const [first, ...others] = [...film.altered].sort((a, b) => a.start - b.start || a.index - b.index);
  if (!first) return;
  const more = others.length > 0 ? `, nor are ${others.length} others` : "";
  if (FILE_KINDS.has(files.kind)) throw new NotProved("altered", `the piece is not what was sealed${more}`, film.where(first));
  const error = new NotProved("altered", `the fragment is not what was recorded${more}`, film.where(first));
  throw Object.assign(error, { fragment: { evidence: files.evidence, index: first.index, at: first.start } });
}

/** For people: file, record, and the time in the recording and of the day. @param {Header | null} header @param {string} path @param {FilmRecord} record */
function wherein(header, path, record) {
  if (!header) return path;
  const at = new Date(Date.parse(header.epoch) + record.start / 1000);
  const known = !Number.isNaN(at.getTime()) && at.getUTCFullYear() <= 9999;
  const day = known ? `${at.toISOString().slice(0, 19).replace("T", " ")} UTC` : "after the year 9999";
  return `${path}, record ${record.index}, at ${clock(record.start)} of part ${header.part} (${day})`;
}
