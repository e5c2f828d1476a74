// @ts-check
// The safety recording's hands: seals what the page gives it and keeps it in the browser's private file system.
//
// A worker, because only here a file is written and flushed at once. Nothing reaches a file that is not sealed. What
// `put` has answered has been flushed. For each recording there are
//
//     <evidence>.frames    sealed records from number 1 on, one behind the other; a torn tail is cut off
//     <evidence>.json      { interview, evidence, needed, ended }: what a later page must know; no secret
//
// The data key lives in this worker's memory alone and ends with it.

import { makePair, publicOf } from "../proof/hpke.js";
import { crc32, FRAME_HEAD, receiveKey, sealRecord } from "./sealing.js";

/** @typedef {{ interview: string, evidence: string, needed: boolean, ended: boolean }} Note */
/** TypeScript does not know these yet. @typedef {{
 *   getSize(): number, read(into: Uint8Array, at: { at: number }): number, write(from: Uint8Array, at: { at: number }): number,
 *   truncate(size: number): void, flush(): void, close(): void,
 * }} SyncFile */

const LONGEST = 960 * 1024; // bytes of one content: a request may have a mebibyte (recorder/pages/safety_recording.py)

/** @type {CryptoKeyPair | null} */
let pair = null;
/** @type {{ key: CryptoKey, place: import("./sealing.js").Place, file: SyncFile, size: number, records: number, tracks: Map<number, Track> } | null} */
let open = null;
/** @typedef {{ number: number, init: { index: number, cipher: Bytes } | null }} Track */

/** Where reading stopped, by recording: the next request continues there. @type {Map<string, { index: number, at: number }>} */
const places = new Map();

const root = navigator.storage.getDirectory();

/** @param {string} name @param {boolean} create @returns {Promise<SyncFile>} */
async function fileOf(name, create) {
  const handle = await (await root).getFileHandle(name, { create });
  return /** @type {any} */ (handle).createSyncAccessHandle();
}

/** @param {string} name @param {boolean} create @template T @param {(file: SyncFile) => T} use @returns {Promise<T>} */
async function within(name, create, use) {
  const file = await fileOf(name, create);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** @param {SyncFile} file @param {number} at @param {number} length @returns {Bytes} shorter at the end */
function readAt(file, at, length) {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, file.getSize() - at)));
  return bytes.subarray(0, file.read(bytes, { at }));
}

/** The frame that begins here, if it is whole. @param {SyncFile} file @param {number} at */
function frameAt(file, at) {
  const head = readAt(file, at, FRAME_HEAD);
  if (head.length < FRAME_HEAD) return null;
  const view = new DataView(head.buffer, head.byteOffset);
  const length = view.getUint32(0) + view.getUint32(4);
  return at + FRAME_HEAD + length > file.getSize() ? null : { record: view.getUint32(0), length, crc: view.getUint32(8) };
}

/** What was never kept needs nothing. @param {DOMException} error */
function unlessMissing(error) {
  if (error.name !== "NotFoundError") throw error;
}

export const does = {
  /** A key pair for the next recording. @returns {Promise<Bytes>} its public half */
  async pair() {
    pair = await makePair();
    return publicOf(pair);
  },

  /** @param {{ handed: Bytes, deployment: string, evidence: string }} given */
  async begin({ handed, deployment, evidence }) {
    if (pair === null || open !== null) throw new Error("begun out of turn");
    const place = { deployment, evidence };
    const key = await receiveKey(pair, handed, place);
    pair = null;
    const file = await fileOf(`${evidence}.frames`, true);
    open = { key, place, file, size: 0, records: 0, tracks: new Map() };
  },

  /**
   * @param {{ kind: "init" | "media", track: number, start: number, duration: number, content: Bytes }} given
   * @returns {Promise<number>} bytes kept so far
   */
  async put({ kind, track, start, duration, content }) {
    if (open === null) throw new Error("nothing is open");
    if (content.length > LONGEST) throw new Error("a fragment too long to be imported");
    const { key, place, file, tracks } = open;
    const on = tracks.get(track) ?? { number: 0, init: null };
    const index = open.records + 1; // the recorder has sealed the header, record 0
    const init = kind === "media" ? on.init : null;
    const where = { kind, track, number: on.number, index, start, duration, init };
    const { frame, cipher } = await sealRecord(key, place, where, content);
    if (file.write(frame, { at: open.size }) !== frame.length) throw new DOMException("not all was written", "QuotaExceededError");
    file.flush();
    tracks.set(track, { number: on.number + 1, init: kind === "init" ? { index, cipher } : on.init });
    open.records += 1;
    open.size += frame.length;
    return open.size;
  },

  end() {
    if (open === null) return;
    const { file, size } = open;
    file.truncate(size); // what could not be written whole
    file.flush();
    file.close();
    open = null;
  },

  /** @param {Note} note */
  async note(note) {
    await within(`${note.evidence}.json`, true, (file) => {
      const text = new TextEncoder().encode(JSON.stringify(note));
      file.truncate(0);
      file.write(text, { at: 0 });
      file.flush();
    });
  },

  /** What earlier recordings left here. @returns {Promise<Note[]>} */
  async left() {
    const notes = [];
    for await (const name of /** @type {any} */ (await root).keys()) {
      if (!name.endsWith(".json")) continue;
      // One that cannot be read now is being written by another page of this room.
      const note = await within(name, false, (file) => JSON.parse(new TextDecoder().decode(readAt(file, 0, file.getSize())))).catch(() => null);
      if (note !== null) notes.push(note);
    }
    return notes;
  },

  /**
   * Whole frames for one request, from record `first` on; none behind the last.
   * @param {{ evidence: string, first: number, most: number }} given @returns {Promise<{ data: Bytes, next: number }>}
   *   `next`: the index behind them
   */
  async read({ evidence, first, most }) {
    return within(`${evidence}.frames`, false, (file) => {
      const known = places.get(evidence);
      let { index, at } = known !== undefined && known.index <= first ? known : { index: 1, at: 0 };
      let frame = frameAt(file, at);
      for (; frame !== null && index < first; frame = frameAt(file, at)) [at, index] = [at + FRAME_HEAD + frame.length, index + 1];
      const from = at;
      while (frame !== null && (at === from || at + FRAME_HEAD + frame.length - from <= most)) {
        // Torn: nothing behind it counts.
        if (crc32(readAt(file, at + FRAME_HEAD, frame.length)) !== frame.crc) break;
        [at, index] = [at + FRAME_HEAD + frame.length, index + 1];
        frame = frameAt(file, at);
      }
      places.set(evidence, { index, at });
      return { data: readAt(file, from, at - from), next: index };
    }).catch((error) => {
      unlessMissing(error);
      return { data: new Uint8Array(0), next: first };
    });
  },

  /**
   * What ends later than `until` (µs) is cut off, and what came after it; where no picture or sound is left, all of it.
   * For a recording that has ended, before any of it is sent.
   * @param {{ evidence: string, until: number }} given
   */
  async cut({ evidence, until }) {
    await within(`${evidence}.frames`, false, (file) => {
      let [at, media] = [0, false];
      for (let frame = frameAt(file, at); frame !== null; frame = frameAt(file, at)) {
        const { kind, start, duration } = JSON.parse(new TextDecoder().decode(readAt(file, at + FRAME_HEAD, frame.record)));
        if (start + duration > until) break;
        media ||= kind === "media";
        at += FRAME_HEAD + frame.length;
      }
      file.truncate(media ? at : 0);
      file.flush();
      places.delete(evidence);
    }).catch(unlessMissing);
  },

  /** Removes all there is of a recording. @param {{ evidence: string }} given */
  async remove({ evidence }) {
    for (const name of [`${evidence}.frames`, `${evidence}.json`]) {
      await (await root).removeEntry(name).catch(unlessMissing);
    }
  },
};

// One at a time, in the order in which they were asked.
let turn = Promise.resolve();
addEventListener("message", ({ data: { id, what, given } }) => {
  turn = turn.then(async () => {
    try {
      const answer = await /** @type {any} */ (does)[what](given);
      postMessage({ id, answer });
    } catch (error) {
      postMessage({ id, failed: error instanceof Error ? error.name : "Error", why: String(error) });
    }
  });
});
