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
import { checkHeaderContent, held, Layout, openedOf, placeContents } from "./layout.js";
import { openIndex } from "../proof/recording/manifests.js";
import { FILE_KINDS, itemPath } from "./paths.js";
import { eachPiece } from "./pieces.js";
import { clock } from "../proof/recording/records.js";
import { checkProgress, checkSealedHeader, openManifest } from "../proof/recording/sealed_recording.js";
import { checkSenderEvent, SENDER } from "../proof/recording/senders.js";

/** @import { Bag } from "./bags.js" */
/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { FilmEvent, Header } from "../proof/recording/contents.js" */
/** @import { Excerpt } from "../proof/recording/excerpts.js" */
/** @import { Contents, Opened } from "./layout.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Manifest } from "../proof/recording/manifests.js" */
/** @import { ItemFiles } from "./paths.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
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
  const bytes = held(contents, "manifest.json");
  const manifest = await openManifest(bytes, chain, policy, itemPath(files.kind, files.evidence, "manifest.json"));
  const index = contents.get("index.jsonl");
  const opened = index ? await openIndex(manifest, index) : null;
  await checkProgress(chain, manifest, async (size) => (opened ? toHex(await opened.tree.root(size)) : null));
  return { files, chain, manifest, records: opened?.records ?? null };
}

/**
 * Step 12, first half: the records of an excerpt; header and events; where each content is.
 *
 * @param {Sealed} sealed @param {Contents} contents @param {Bag} bag @returns {Promise<Opening>}
 */
export async function openItem(sealed, contents, bag) {
  const { files, manifest } = sealed;
  const excerpt = sealed.records ? null : parseExcerpt(held(contents, "records.jsonl"));
  if (excerpt) await checkPaths(excerpt, manifest);
  const records = sealed.records ?? /** @type {Excerpt} */ (excerpt).records;
  const listed = openedOf(files, records, contents);
  const opened = new Map(listed.map((one) => [one.index, one]));
  const path = (/** @type {string} */ file) => itemPath(files.kind, files.evidence, file);
  /** @type {Header | null} */
  let header = null;
  /** @type {import("./layout.js").Where} */
  const where = (record, file = opened.get(record.index)?.file ?? "") => wherein(header, path(file), record);
  const read = async (/** @type {string} */ file, /** @type {number} */ offset, /** @type {number} */ length) =>
    contents.get(file)?.slice(offset, offset + length) ?? bag.part(path(file), offset, length);
  const begins = records.reduce((least, { kind, start }) => (kind === "media" ? Math.min(least, start) : least), Infinity);
  const film = new ItemFilm(records, opened, read, where, excerpt && begins < Infinity ? begins : 0);
  header = await openHeader(sealed, records[0], listed[0], held(contents, "header.json"), film);
  const layout = new Layout(header);
  /** @type {FilmEvent[]} */
  const events = [];
  const media = await placeContents(files, records, listed, layout, bag, where, async (record, one) => {
    if (record.kind !== "event") return false;
    events.push(await openEvent(manifest.interview, record, one, held(contents, "events.jsonl"), film, where(record)));
    return true;
  });
  if (layout.ends.get("events.jsonl") !== held(contents, "events.jsonl").length) {
    throw new NotProved("altered", "events.jsonl has more in it than the events recorded", path("events.jsonl"));
  }
  return { sealed, excerpt, records, header, events, opened, ends: layout.ends, media, film };
}

/** @param {Sealed} sealed @param {FilmRecord} record @param {Opened} opened @param {Bytes} content @param {ItemFilm} film */
async function openHeader({ files, chain, manifest }, record, opened, content, film) {
  const where = itemPath(files.kind, files.evidence, "header.json");
  const { body } = chain[0].statement;
  if (record.leaf !== body.header) throw new NotProved("altered", "the header is not the one the recording was started with", where);
  await checkHeaderContent(files, record, opened, content, film, "recorded");
  const header = parseHeader(content);
  await checkSealedHeader(header, manifest, chain, where);
  return header;
}

/** @param {string} interview @param {FilmRecord} record @param {Opened} opened @param {Bytes} file @param {ItemFilm} film @param {string} where */
async function openEvent(interview, record, { offset, length }, file, film, where) {
  const end = offset + length;
  if (file.length <= end) throw new NotProved("incomplete", "the event is missing: the file ends before it", where);
  const content = file.slice(offset, end);
  await film.check(record, await sha256(content));
  if (file[end] !== 10) throw new NotProved("altered", "the event is not what was recorded", where);
  const event = parseEvent(content);
  if (event.at !== record.start) throw new NotProved("not-proved", "the event gives another time than its record", where);
  if (event.type === SENDER) await checkSenderEvent(event, interview, where);
  return event;
}

/**
 * Step 12, second half: every fragment's leaf, from its bytes in the film; of a file every piece's.
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
