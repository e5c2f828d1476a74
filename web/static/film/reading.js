// @ts-check
// A recording being read: its records, and which of them have been checked. Playing is film.js's.
//
// For a sealed recording the caller must have proved the records first (exhibit/checks.js): then content whose leaf
// is its record's leaf is in the sealed tree. Live there is no sealed tree yet: content is checked against
// its record only.
//
// The files of a court package are in clear: there the source itself checks a content against its record, and reports
// what the verifier has checked meanwhile.
//
// What failed its check stays failed: it is not asked for again, for a second answer could only hide the first.

import { parseEvent, parseHeader } from "../proof/recording/contents.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { Order } from "../proof/recording/manifests.js";
import { Opener } from "../viewing/opener.js";
import { checkRecord } from "../proof/recording/records.js";
import { checkSenderEvent, SENDER } from "../proof/recording/senders.js";
import { Timeline } from "./timeline.js";

/** @import { FilmEvent, Header } from "../proof/recording/contents.js" */
/** @import { Source } from "../viewing/opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {"unread" | "verified" | "failed"} RecordState */

const AT_ONCE = 8;

export class Reading extends EventTarget {
  #source;
  /** @type {(record: FilmRecord) => Promise<Bytes>} */
  #open;
  #order = new Order();
  /** @type {FilmRecord[]} */
  #records = [];
  /** @type {Map<number, FilmRecord>} by index: of an excerpt not all are there */
  #byIndex = new Map();
  /** @type {Map<number, RecordState>} */
  #states = new Map();
  /** @type {Map<number, NotProved>} */
  #failures = new Map();
  /** @type {Header | null} */
  #header = null;

  /** @param {Source} source */
  constructor(source) {
    super();
    this.#source = source;
    if ("content" in source) {
      this.#open = (record) => source.content(record);
      this.timeline = new Timeline([], source.from);
    } else {
      const opener = new Opener(source);
      this.#open = (record) => opener.open(record);
      this.timeline = new Timeline();
    }
  }

  /** @returns {readonly FilmRecord[]} */
  get records() {
    return this.#records;
  }

  /** @param {number} index @returns {FilmRecord | undefined} */
  record(index) {
    return this.#byIndex.get(index);
  }

  /** @returns {Header} */
  get header() {
    if (!this.#header) throw new Error("the recording is not open");
    return this.#header;
  }

  /** @param {number} index @returns {RecordState} */
  state(index) {
    return this.#states.get(index) ?? "unread";
  }

  /** The wall-clock time of a moment, by the recorder's clock. @param {number} at µs */
  wallClock(at) {
    return new Date(Date.parse(this.header.epoch) + at / 1000);
  }

  /**
   * Reads the records there are by now, and the header.
   *
   * @returns {Promise<Header>} @throws {NotProved | Unavailable}
   */
  async open() {
    await this.follow();
    const first = this.#records[0];
    if (!first) throw new Unavailable("nothing-yet", "there is no record yet");
    this.#header = parseHeader(await this.check(first));
    if ("listen" in this.#source) {
      this.#source.listen((record, error) => (error ? this.#failed(record, error) : this.#verified(record)));
    }
    return this.#header;
  }

  /** Reads the records that have come since. @throws {NotProved | Unavailable} */
  async follow() {
    for (const record of await this.#source.records(this.#records.length)) {
      if (!("content" in this.#source)) {
        checkRecord(record);
        this.#order.accept(record);
      }
      this.#records.push(record);
      this.#byIndex.set(record.index, record);
      this.timeline.add(record);
    }
  }

  /**
   * @param {FilmRecord} record @returns {Promise<Bytes>} its content
   * @throws {NotProved | Unavailable}
   */
  async check(record) {
    const failed = this.#failures.get(record.index);
    if (failed) throw failed;
    let content;
    try {
      content = await this.#open(record);
      if (record.kind === "event") await this.#checkEvent(record, content);
    } catch (error) {
      if (error instanceof NotProved) this.#failed(record, error);
      throw error;
    }
    this.#verified(record);
    return content;
  }

  /** @param {FilmRecord} record @param {Bytes} content */
  async #checkEvent(record, content) {
    const event = parseEvent(content);
    if (event.at !== record.start) {
      throw new NotProved("altered", `record ${record.index}: the event is of another time than its record`);
    }
    if (event.type === SENDER) await checkSenderEvent(event, this.header.interview);
  }

  /** @param {FilmRecord} record */
  #verified(record) {
    if (this.state(record.index) !== "unread") return;
    this.#states.set(record.index, "verified");
    const { index, track, start: from, duration } = record;
    this.say("verified", { index, track, from, to: from + duration });
  }

  /** @param {FilmRecord} record @param {NotProved} error */
  #failed(record, error) {
    if (this.#failures.has(record.index)) return;
    this.#failures.set(record.index, error);
    this.#states.set(record.index, "failed");
    const { index, track, start: at } = record;
    this.say("failed", { index, track, at, reason: error.reason, message: error.message });
  }

  /**
   * Checks every record that has not been read yet, without playing.
   *
   * @param {AbortSignal} [signal] to stop early
   * @throws {Unavailable} where the server or the network gave out; what was checked stays checked
   */
  async verifyAll(signal) {
    const left = this.#records.filter((record) => this.state(record.index) === "unread").values();
    const work = async () => {
      for (const record of left) {
        if (signal?.aborted) return;
        try {
          await this.check(record);
        } catch (error) {
          if (!(error instanceof NotProved)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** @returns {Promise<FilmEvent[]>} all events that verify, by time @throws {Unavailable} */
  async events() {
    /** @param {FilmRecord} record */
    const read = async (record) => {
      try {
        return [parseEvent(await this.check(record))];
      } catch (error) {
        if (error instanceof NotProved) return []; // said when it failed
        throw error;
      }
    };
    const found = await Promise.all(this.#records.filter((record) => record.kind === "event").map(read));
    return found.flat().sort((a, b) => a.at - b.at);
  }

  /** @protected @param {string} type @param {object} detail */
  say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
