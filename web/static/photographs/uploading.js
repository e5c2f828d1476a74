// @ts-check
// Sends files to be sealed, a piece at a time, and continues by itself after every cut.
//
// Each file is read once for its SHA-256, announced with it, and sent in pieces; each piece is durable on the
// other side before the next is sent. Pieces grow while the line is quick, and shrink where it is slow. Whatever breaks off, the other side is asked how far the file is; where the
// session has ended or the disk is full, until that is over. The same file chosen again, in this page or after a
// reload, is recognised by its digest and continues where it was.

import { sha256Hex, toHex } from "../proof/bytes.js";
import { Sha256 } from "../proof/sha256.js";
import { pause } from "../page/poll.js";
import { read, Refused, Unreachable } from "../page/requests.js";
import { wordsOf } from "../page/trouble.js";

const READ = 2 * 1024 * 1024; // bytes
const SMALLEST = 256 * 1024, FIRST = 2 * 1024 * 1024, LARGEST = 16 * 1024 * 1024; // bytes of a piece
const QUICK = 3000, SLOW = 20_000; // ms until a piece is acknowledged
const AT_ONCE = 64 * 1024 * 1024; // bytes
const LONGEST_NAME = 255;
const PIECE_WITHIN = 55_000; // ms
const TOGETHER = 2;
const LONGEST_PAUSE = 15_000; // ms

/**
 * @typedef {object} Progress
 * @property {string} id @property {number} received @property {number} size
 * @property {"arriving" | "sealed"} state @property {number | null} number
 * @property {boolean} again @property {boolean} shown
 * @property {boolean} stated that a received file, which the case had, was given again
 */
/** @typedef {{source: string, giver: string, place: string, device: string, basis: string, said: string}} Origin of a received file */
/** @typedef {{kind: "photograph" | "document" | "received", intimate?: boolean, agreed?: boolean, exam?: string, view?: string, injury?: number, origin?: Origin}} About */
/**
 * @typedef {object} Upload how far a file is
 * @property {"waiting" | "hashing" | "sending" | "cut" | "finishing" | "sealed" | "refused"} state
 * @property {number} [part] 0 to 1
 * @property {string} [digest] SHA-256 in hexadecimal, once the file was read
 * @property {Progress} [progress]
 * @property {{what: string, meaning: string, todo: string}} [words] of a refusal, or why a cut one waits
 * @property {string} [code] of a refusal
 */

/** A file's name, with its place in the folder that was chosen with it. @param {File} file */
export const nameOf = (file) => file.webkitRelativePath || file.name;

/**
 * The SHA-256 of a file, read piece by piece where it is too large to be in memory at once.
 *
 * @param {File} file @param {(part: number) => void} report how much of it was read, 0 to 1
 * @returns {Promise<string>} in hexadecimal
 */
async function digestOf(file, report) {
  report(0);
  if (file.size <= AT_ONCE) return sha256Hex(await file.arrayBuffer());
  const digest = new Sha256();
  for (let at = 0; at < file.size; at += READ) {
    digest.update(new Uint8Array(await file.slice(at, at + READ).arrayBuffer()));
    report(at / file.size);
  }
  return toHex(digest.digest());
}

const AGAIN = new Set([
  ...["out-of-order", "body-too-slow", "too-many-requests", "wrong-state"],
  ...["database-away", "keyholder-away", "ledger-away", "internal"],
]);
// These wait for a person, and the page says so: a picture just taken may be nowhere but in this page.
const WAITS = new Set(["not-signed-in", "begin-anew", "disk-full", "recording-failed", "other-person"]);

/**
 * What a file waits for after such an error, in words where a person has to do something first; null where it is an end.
 *
 * @param {unknown} error @returns {{words?: import("../page/requests.js").Words} | null}
 */
function waitsFor(error) {
  if (error instanceof Unreachable) return {};
  if (!(error instanceof Refused)) return null;
  if (WAITS.has(error.code)) return { words: error.words ?? undefined };
  return AGAIN.has(error.code) ? {} : null;
}

/**
 * Where files are sent: the address that announces one, that of all uploads, and headers which say who sends them.
 *
 * @typedef {{begin: string, uploads: string, headers: Record<string, string>}} Destination
 */

/** The destination for files of a case, sent by the person at the page. @param {string} caseId @param {string} personId @returns {Destination} */
export const ofCase = (caseId, personId) => ({
  begin: `/cases/${caseId}/uploads`,
  uploads: "/uploads",
  headers: { "amana-person": personId },
});

/** One queue of files for one destination. */
export class Uploading {
  /** @param {Destination} destination */
  constructor(destination) {
    this.#to = destination;
  }

  #to;
  /** @type {(() => Promise<void>)[]} */
  #waiting = [];
  #running = 0;
  /** @type {Map<string, Promise<unknown>>} what was sent last with a digest */
  #sent = new Map();

  /**
   * Adds a file to the queue; the promise ends when it is sealed, or was refused. Never rejects.
   *
   * @param {File} file @param {About} about @param {(upload: Upload) => void} report
   * @returns {Promise<Progress | null>} null where it was refused
   */
  add(file, about, report) {
    report({ state: "waiting" });
    return new Promise((resolve) => {
      this.#waiting.push(async () => resolve(await this.#send(file, about, report)));
      this.#next();
    });
  }

  #next() {
    while (this.#running < TOGETHER) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#running += 1;
      work().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  /** @param {File} file @param {About} about @param {(upload: Upload) => void} report @returns {Promise<Progress | null>} */
  async #send(file, about, report) {
    try {
      const digest = await digestOf(file, (part) => report({ state: "hashing", part }));
      report({ state: "waiting", part: 0, digest });
      // The same file chosen twice: the second is sent after the first, and so found to be in the case.
      const sent = Promise.allSettled([this.#sent.get(digest)]).then(() => this.#transfer(file, digest, about, report));
      this.#sent.set(digest, sent);
      return await sent;
    } catch (error) {
      const refused = error instanceof Refused ? { words: error.words ?? undefined, code: error.code } : { words: wordsOf("unread") };
      report({ state: "refused", ...refused });
      return null;
    }
  }

  /** @param {File} file @param {string} digest @param {About} about @param {(upload: Upload) => void} report @returns {Promise<Progress>} */
  async #transfer(file, digest, about, report) {
    const name = nameOf(file).slice(-LONGEST_NAME);
    const announced = JSON.stringify({ ...about, name, size: file.size, digest });
    const headers = { ...this.#to.headers, "content-type": "application/json" };
    const begin = () => read(this.#to.begin, { method: "POST", headers, body: announced });
    let size = FIRST;
    let sent = false; // then one that is sealed, though its last answer was cut off, was not in the case before
    // What is asked of the other side next: how far the file is first, and after every cut.
    for (let failed = 0; ; ) {
      try {
        let progress = await begin();
        if (sent) progress = { ...progress, again: false };
        while (progress.state !== "sealed") {
          sent = true;
          if (progress.received < file.size) {
            report({ state: "sending", part: progress.received / file.size });
            const began = performance.now();
            progress = await this.#piece(file, progress, size);
            const took = performance.now() - began;
            if (took < QUICK) size = Math.min(LARGEST, 2 * size);
            else if (took > SLOW) size = Math.max(SMALLEST, size / 2);
          } else {
            report({ state: "finishing", part: 1 });
            progress = await read(`${this.#to.uploads}/${progress.id}/finish`, { method: "POST", headers: this.#to.headers });
          }
          failed = 0;
        }
        report({ state: "sealed", part: 1, progress });
        return progress;
      } catch (error) {
        const waits = waitsFor(error);
        if (!waits) throw error;
        failed += 1;
        size = Math.max(SMALLEST, size / 2);
        report({ state: "cut", ...waits });
        await pause(Math.min(LONGEST_PAUSE, 500 * 2 ** failed) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** @param {File} file @param {Progress} progress @param {number} size */
  #piece(file, progress, size) {
    const body = file.slice(progress.received, progress.received + size);
    const url = `${this.#to.uploads}/${progress.id}/pieces?offset=${progress.received}`;
    const headers = { ...this.#to.headers, "content-type": "application/octet-stream" };
    return read(url, { method: "POST", headers, body, within: PIECE_WITHIN });
  }
}
