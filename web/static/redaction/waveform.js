// @ts-check
// The sound of a recording as a line of peaks: checked fragments, decoded a few seconds at a time.
//
// What is kept is one byte for each fiftieth of a second, 180 KB for an hour; the decoded sound of a piece is let go
// before the next one is fetched.

import { NotProved, Unavailable } from "../proof/errors.js";
import { concat } from "../proof/bytes.js";
import { SECOND } from "../page/times.js";

/** @import { Film } from "../film/film.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Span } from "../film/timeline.js" */

const BIN = 20_000; // µs
const PIECE = 10 * SECOND;
const RATE = 8000; // samples a second are enough to see speech
const PER_PIECE = PIECE / BIN;

export class Waveform extends EventTarget {
  #film;
  #track;
  #signal;
  /** @type {Map<number, Uint8Array | null>} peaks of each piece; null where it could not be decoded, or is not yet */
  #pieces = new Map();
  /** @type {Span | null} what the timeline shows */
  #wanted = null;
  #working = false;

  /** @param {Film} film @param {number} track of the microphone @param {AbortSignal} signal */
  constructor(film, track, signal) {
    super();
    this.#film = film;
    this.#track = track;
    this.#signal = signal;
  }

  /** Tells `change` as it comes to know more of this stretch. @param {Span} span µs */
  want(span) {
    this.#wanted = span;
    if (!this.#working) void this.#work();
  }

  /** The loudest of a stretch, 0 to 255; null where it is not known. @param {number} from µs @param {number} to @returns {number | null} */
  loudest(from, to) {
    let most = null;
    for (let bin = Math.floor(from / BIN); bin * BIN < to; bin += 1) {
      const peak = this.#pieces.get(Math.floor(bin / PER_PIECE))?.[bin % PER_PIECE];
      if (peak !== undefined) most = Math.max(most ?? 0, peak);
    }
    return most;
  }

  async #work() {
    this.#working = true;
    for (let piece = this.#next(); piece !== null && !this.#signal.aborted; piece = this.#next()) {
      this.#pieces.set(piece, null);
      try {
        this.#pieces.set(piece, await this.#peaks(piece));
      } catch (error) {
        // Nothing is said here: where the proof or the network fails, the film says so itself.
        if (!(error instanceof NotProved || error instanceof Unavailable || error instanceof DOMException)) throw error;
      }
      this.dispatchEvent(new CustomEvent("change"));
    }
    this.#working = false;
  }

  /** @returns {number | null} the next piece that is wanted and that was not tried */
  #next() {
    if (!this.#wanted) return null;
    const last = Math.min(this.#wanted.to, this.#film.timeline.end);
    for (let piece = Math.max(0, Math.floor(this.#wanted.from / PIECE)); piece * PIECE < last; piece += 1) {
      if (!this.#pieces.has(piece)) return piece;
    }
    return null;
  }

  /** @param {number} piece @returns {Promise<Uint8Array>} */
  async #peaks(piece) {
    const [from, to] = [piece * PIECE, (piece + 1) * PIECE];
    const peaks = new Uint8Array(PER_PIECE);
    const media = this.#film.timeline.media(this.#track).filter((one) => one.start < to && one.start + one.duration > from);
    for (const run of runs(media)) {
      const first = /** @type {FilmRecord} */ (run[0]);
      const init = this.#film.record(/** @type {number} */ (first.init));
      if (!init) continue;
      const contents = await Promise.all([init, ...run].map((record) => this.#film.check(record)));
      const bytes = concat(...contents);
      const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(/** @type {ArrayBuffer} */ (bytes.buffer));
      fill(peaks, sound.getChannelData(0), first.start - from);
    }
    return peaks;
  }
}

/** Fragments that follow each other, so that a decoder hears no gap. @param {readonly FilmRecord[]} media @returns {FilmRecord[][]} */
function runs(media) {
  /** @type {FilmRecord[][]} */
  const found = [];
  for (const record of media) {
    const before = found.at(-1)?.at(-1);
    const follows = before && before.init === record.init && record.start - (before.start + before.duration) < BIN;
    if (follows) found.at(-1)?.push(record);
    else found.push([record]);
  }
  return found;
}

/** @param {Uint8Array} peaks @param {Float32Array} samples @param {number} offset µs from the piece's beginning */
function fill(peaks, samples, offset) {
  const each = (RATE * BIN) / SECOND;
  const shift = Math.round((offset * RATE) / SECOND);
  for (let i = Math.max(0, -shift); i < samples.length; i += 1) {
    const bin = Math.floor((i + shift) / each);
    if (bin >= peaks.length) break;
    const peak = Math.min(255, Math.round(Math.abs(samples[i] ?? 0) * 255));
    if (peak > (peaks[bin] ?? 0)) peaks[bin] = peak;
  }
}
