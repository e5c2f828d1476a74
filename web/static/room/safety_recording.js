// @ts-check
// The second way: while a part is recorded, this room keeps a recording of its own, sealed before it is written, so that
// what the network or the recorder loses can be imported afterwards.
//
//   - It begins with the part and ends with it, and with every break: what is said in a break becomes no evidence. What
//     was recorded before this page heard of the break is cut off before it is imported (safety_import.js).
//   - It is *needed* once anything failed: a camera's line, the server, the recorder. When all is well again it ends, is
//     imported, and another one begins.
//   - What is not needed goes as soon as its part is sealed and in every copy (safety_import.js).
//
// Whatever happens here, the recorder's own pictures are not touched: a browser that cannot do this says so once.

import { SafetyImport } from "./safety_import.js";
import { page } from "./camera_link.js";
import { challenge, prove } from "./device_key.js";
import { change } from "../page/requests.js";
import { fromBase64, sha256Hex, toBase64 } from "../proof/bytes.js";
import { canRecord, RoomFilm } from "./room_film.js";
import { SafetyFiles } from "./safety_files.js";

/** @import { Status } from "../interview/feed.js" */
/** @import { Note } from "./safety_worker.js" */
/**
 * @typedef {{
 *   note: Note, beside: string, zero: number, films: Map<number, RoomFilm>, camera: "wide" | "close",
 *   writing: Promise<void>, ending: boolean,
 * }} Running `zero`: ms on this page's clock at which its timeline begins
 */

const VIDEO_BITS = 1_500_000; // a second
const AUDIO_BITS = 64_000; // a second
const MOST_BYTES = 5 * 1024 ** 3; // some seven hours
const ALONE = 60 * 60_000; // ms without a word from the server after which nothing more is recorded
const SILENT = 3_000; // ms of silence that count as a failure
const WELL_FOR = 3_000; // ms for which all must be well before what is needed is imported
const AGAIN = 10_000; // ms until a beginning that failed is tried again
const GRACE = 2_000; // ms after the beginning of a part in which cameras may still be on their way

/** @typedef {"recording" | "failed" | "full" | "off"} ReportedState */

export class SafetyRecording {
  /**
   * @param {string} interview
   * @param {(name: "wide" | "close" | "sound") => MediaStreamTrack | undefined} trackOf what is open now
   * @param {(working: boolean) => void} importing shows whether something is being imported
   */
  constructor(interview, trackOf, importing) {
    this.interview = interview;
    this.trackOf = trackOf;
    /** @type {Running | null} */
    this.running = null;
    this.beginning = false;
    this.notBefore = 0; // on the page's clock
    this.wellSince = Infinity;
    this.heardAt = performance.now();
    /** @type {ReportedState | null} */
    this.reported = null;
    const able = canRecord() && typeof navigator.storage?.getDirectory === "function" && typeof Worker === "function";
    this.files = able ? new SafetyFiles() : null;
    this.importer = this.files ? new SafetyImport(this.files, importing) : null;
    /** Whether it is known what an earlier page left. */
    this.found = false;
    void this.findLeft();
  }

  /** Whether something is recorded here now. */
  get active() {
    return this.running !== null && !this.running.ending && [...this.running.films.values()].some((film) => film.live);
  }

  /** Whether nothing is being recorded here, and what was is kept as a whole. */
  get ended() {
    return this.running === null && !this.beginning;
  }

  /** Whether nothing is left here: all of it is evidence, or was let go. */
  get settled() {
    return this.ended && this.found && (this.importer?.notes.size ?? 0) === 0;
  }

  /** What an earlier page left: it did not end as it should, so it is needed. */
  async findLeft() {
    for (const note of (await this.files?.ask("left").catch(() => [])) ?? []) {
      if (note.evidence === this.running?.note.evidence) continue;
      this.importer?.add({ ...note, needed: note.needed || !note.ended });
    }
    this.found = true;
  }

  /** @param {Status} status */
  onStatus(status) {
    this.heardAt = performance.now();
    // Only the page whose cameras are recorded makes one: the recorder gives no key to another device.
    const flowing = Object.values(status.cameras).some((camera) => camera.flowing && camera.page === page);
    const recording = status.state === "recording" && flowing;
    const { running } = this;
    if (running === null) {
      if (recording && status.evidence !== null && !status.practice) void this.begin(status);
      return;
    }
    if (running.ending) return;
    const same = status.evidence === running.beside;
    const losses = status.losses.filter(({ code }) => code !== "disk"); // nearly full is nothing lost
    const lost = losses.length > 0 || !same || status.state === "interrupted" || status.state === "waiting";
    if (lost && performance.now() - running.zero > GRACE) this.need();
    if (status.state === "break" || status.state === "stopped" || status.state === "sealed") {
      void this.end();
      return;
    }
    this.wellSince = recording && losses.length === 0 ? Math.min(this.wellSince, performance.now()) : Infinity;
    if (running.note.needed && performance.now() - this.wellSince > WELL_FOR) void this.end();
    this.replaceDevices();
  }

  /** @param {number} ms for which the server has said nothing */
  onSilence(ms) {
    if (ms > SILENT) this.need();
    this.wellSince = Infinity;
    if (performance.now() - this.heardAt > ALONE) void this.end();
    this.replaceDevices();
  }

  /** Something failed: what is recorded here must be imported. */
  need() {
    const { running } = this;
    if (running === null || running.note.needed || running.ending) return;
    running.note.needed = true;
    void this.files?.ask("note", running.note).catch(() => {}); // then it is known from its not having ended
  }

  // --- beginning and ending -----------------------------------------------------------------------------------

  /** @param {Status} status */
  async begin(status) {
    if (this.beginning || performance.now() < this.notBefore) return;
    if (this.files === null) return this.report("failed");
    const camera = this.trackOf("wide") ? "wide" : "close";
    this.beginning = true;
    try {
      const pair = await this.files.ask("pair");
      const key = toBase64(pair);
      const proof = await prove(this.interview, camera, await sha256Hex(pair), await challenge(this.interview), "safety");
      const sentAt = performance.now();
      const given = await change(`/interviews/${this.interview}/safety`, { key, camera, proof }, 1);
      // The server's clock at the middle of the request is this page's at its middle.
      const zero = (sentAt + performance.now()) / 2 - (Date.parse(given.now) - Date.parse(given.epoch));
      /** @type {Note} */
      const note = { interview: this.interview, evidence: given.evidence, needed: false, ended: false };
      await this.files.ask("note", note);
      await this.files.ask("begin", { handed: fromBase64(given.key), deployment: given.deployment, evidence: given.evidence });
      this.running = { note, beside: given.beside, zero, films: new Map(), camera, writing: Promise.resolve(), ending: false };
      this.wellSince = Infinity;
      this.replaceDevices();
      this.report("recording");
      void navigator.storage.persist?.().catch(() => false);
    } catch (error) {
      console.info("No safety recording now.", error);
      this.notBefore = performance.now() + AGAIN;
      if (status.state === "recording") this.report("failed");
    } finally {
      this.beginning = false;
    }
  }

  /** Records what is open now; a device that came anew is recorded from its beginning on. */
  replaceDevices() {
    const { running } = this;
    if (running === null || running.ending) return;
    for (const [number, name, bits] of /** @type {const} */ ([[1, running.camera, VIDEO_BITS], [2, "sound", AUDIO_BITS]])) {
      const track = this.trackOf(name);
      const film = running.films.get(number);
      if (film !== undefined && film.source === track && film.live) continue;
      if (film !== undefined && film.recorder.state !== "inactive") void film.stop();
      if (track === undefined || track.readyState !== "live") continue;
      const now = () => (performance.now() - running.zero) * 1000;
      try {
        running.films.set(number, new RoomFilm(number, track, bits, now, {
          piece: (piece) => this.keep(running, piece),
          ended: (error) => console.info("The room's own recording of a device ended.", error),
        }));
      } catch (error) {
        this.fail(error);
      }
    }
  }

  /** @param {Running} running @param {import("./room_film.js").Piece} piece */
  keep(running, piece) {
    running.writing = running.writing.then(async () => {
      const bytes = await this.files?.ask("put", piece);
      if (bytes !== undefined && bytes > MOST_BYTES) throw new RangeError("the limit is reached");
    }).catch((error) => {
      if (!running.ending) this.fail(error);
    });
  }

  /** Nothing more of this one; what is kept is kept. @param {unknown} error */
  fail(error) {
    console.info("The safety recording has stopped.", error);
    const full = error instanceof RangeError || (error instanceof Error && error.name === "QuotaExceededError");
    this.report(full ? "full" : "failed");
    this.notBefore = full ? Infinity : performance.now() + AGAIN;
    void this.end();
  }

  async end() {
    const { running, files } = this;
    if (running === null || running.ending || files === null) return;
    running.ending = true;
    await Promise.all([...running.films.values()].map((film) => film.stop()));
    await running.writing;
    await files.ask("end").catch((error) => console.info("The safety recording could not be closed.", error));
    running.note.ended = true;
    await files.ask("note", running.note).catch(() => {});
    this.importer?.add(running.note);
    this.running = null;
    if (this.reported === "recording") this.report("off");
  }

  /** The console says it, calmly, where it matters. @param {ReportedState} state */
  report(state) {
    if (this.reported === state) return;
    this.reported = state;
    change(`/interviews/${this.interview}/safety/state`, { state }, 1).catch(() => { this.reported = null; });
  }
}
