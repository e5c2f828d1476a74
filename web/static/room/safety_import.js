// @ts-check
// What becomes of a safety recording that has ended: it is imported where something failed, and discarded where nothing did.
//
// Nothing is removed from this browser before the server has said that it is evidence, or that its part is sealed and in
// every copy. Sent again after a cut, records are answered and not taken twice; so this only ever moves forward.

import { pause } from "../page/poll.js";
import { AT_ONCE, change, read, Refused, Unreachable } from "../page/requests.js";

/** @import { Note } from "./safety_worker.js" */

const MOST = 512 * 1024; // bytes of one request: it must not hold up the pictures of what is being recorded
const BETWEEN = 100; // ms between two requests
const WITHIN = 30_000; // ms for one
const LOOK_EVERY = 3_000; // ms between two looks at what may be let go

export class SafetyImport {
  /** @param {import("./safety_files.js").SafetyFiles} files @param {(working: boolean) => void} shown */
  constructor(files, shown) {
    this.files = files;
    this.shown = shown;
    /** @type {Map<string, Note>} */
    this.notes = new Map();
    void this.run();
  }

  /** An ended recording, to be dealt with. @param {Note} note */
  add(note) {
    this.notes.set(note.evidence, note);
  }

  async run() {
    for (;;) {
      for (const note of [...this.notes.values()]) {
        try {
          if (await this.deal(note)) this.notes.delete(note.evidence);
        } catch (error) {
          // The network, the server, a full disk there: it stays here, sealed, and is tried again.
          console.info(`The safety recording ${note.evidence} waits.`, error);
        }
      }
      this.shown([...this.notes.values()].some(({ needed }) => needed));
      await pause(LOOK_EVERY);
    }
  }

  /** @param {Note} note @returns {Promise<boolean>} whether nothing of it is left here */
  async deal(note) {
    const base = `/interviews/${note.interview}/safety/${note.evidence}`;
    const answer = await read(base, { within: AT_ONCE });
    // The machine that answers does not know it: it may be another one for a while. What is needed is never removed for that.
    if (answer.state === "gone" && note.needed) return false;
    if (answer.state === "waiting") {
      if (!note.needed && answer.wanted) {
        note.needed = true;
        await this.files.ask("note", note);
      }
      if (note.needed) {
        this.shown(true);
        // A break began, or all was over, and this room could not hear of it: nothing of that leaves it.
        if (answer.until !== null) await this.files.ask("cut", { evidence: note.evidence, until: answer.until });
        // Where not even one record was kept, there is nothing to import and nothing to wait for.
        if (!(await this.send(base, note.evidence, answer.records))) await discard(base).catch(() => {});
      } else if (!answer.settled) return false;
      else await discard(base);
    }
    await this.files.ask("remove", { evidence: note.evidence });
    return true;
  }

  /** @param {string} base @param {string} evidence @param {number} due @returns {Promise<boolean>} whether there was anything */
  async send(base, evidence, due) {
    for (;;) {
      const { data, next } = await this.files.ask("read", { evidence, first: due, most: MOST });
      if (data.length === 0) break;
      due = await post(`${base}/records?first=${due}`, data, next);
      await pause(BETWEEN);
    }
    if (due < 2) return false;
    await change(`${base}/finish`, { records: due });
    return true;
  }
}

/** One that cannot be discarded yet, because its part is not whole everywhere, is asked about again. @param {string} base */
const discard = (base) => change(`${base}/discard`, {});

/**
 * Sealed records, as they are in the file. @param {string} url @param {Uint8Array<ArrayBuffer>} data @param {number} next the index due then
 * @returns {Promise<number>} the index that is due
 */
async function post(url, data, next) {
  const headers = { "content-type": "application/octet-stream" };
  try {
    const answer = await read(url, { method: "POST", headers, body: data, within: WITHIN });
    if (answer.next === next) return next;
  } catch (error) {
    if (error instanceof Refused && error.code === "safety.order") return Number(error.fields.detail);
    throw error;
  }
  throw new Unreachable(`${url}: taken otherwise than sent`);
}
