// @ts-check
// One track in one media element: appends checked fragments, forgets what has been played, follows a clock.
//
// This module trusts its caller: what it is given is shown. Only `Film` gives it anything, and only after
// `openRecord` has passed.

import { SEAM } from "./timeline.js";
import { SECOND } from "../page/times.js";

/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Span } from "./timeline.js" */

const KEPT_BEHIND = 20; // seconds of played media kept for a short step back

// How a picture follows the clock: below the first no difference can be seen; above the second a gentle
// change of speed would take too long, so it jumps.
const CLOSE = 0.04;
const FAR = 0.6;

const LAST = 0.1; // s before what it has ends: there it shows its last pictures and waits

// A browser may leave a paused element short of data that is in its buffer, after a seek on a busy machine. Then it
// never becomes ready by itself; another seek makes it.
const STALLED = 3000; // ms

/** All of what is appended. @type {Span} */
export const WHOLE = Object.freeze({ from: 0, to: Infinity });

const once = (/** @type {EventTarget} */ target, /** @type {string} */ type) =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

export class TrackElement {
  /** @param {Track} track @param {HTMLMediaElement} element */
  constructor(track, element) {
    this.track = track;
    this.element = element;
    /** @type {number | null} index of the initialisation segment in use */
    this.init = null;
    element.preservesPitch = true;
    this.#open();
  }

  #source = new MediaSource();
  #url = "";
  /** @type {SourceBuffer | null} */
  #buffer = null;
  /** @type {Promise<unknown>} a SourceBuffer does one thing at a time */
  #work = Promise.resolve();
  #closed = false;
  #late = 0; // performance.now() when it began to be late; 0 while it is not

  /** Gives the element a source that holds nothing. */
  #open() {
    const source = new MediaSource();
    URL.revokeObjectURL(this.#url);
    this.#source = source;
    this.#buffer = null;
    this.#url = URL.createObjectURL(source);
    this.element.src = this.#url;
    this.#work = once(source, "sourceopen").then(() => {
      if (source === this.#source) this.#buffer = source.addSourceBuffer(`${this.track.kind}/mp4; codecs="${this.track.codec}"`);
    });
  }

  /** Why the element failed: by what was appended, or with the computer's output for sound. It plays again once cleared. */
  get error() {
    return this.element.error;
  }

  /** @param {(buffer: SourceBuffer) => void} task @returns {Promise<void>} */
  #queue(task) {
    const source = this.#source;
    const run = this.#work.then(async () => {
      const buffer = this.#buffer;
      if (this.#closed || !buffer || source !== this.#source || source.readyState === "closed") return;
      task(buffer);
      if (buffer.updating) await once(buffer, "updateend");
      if (this.element.error) throw this.element.error;
    });
    this.#work = run.catch(() => {});
    return run;
  }

  /**
   * @param {Bytes} bytes a checked initialisation segment or fragment
   * @param {Span} [span] what of it is kept, µs
   * @throws {DOMException | MediaError} where the browser cannot play it
   */
  async append(bytes, { from, to } = WHOLE) {
    const append = (/** @type {SourceBuffer} */ buffer) => {
      buffer.appendWindowStart = 0; // the start is always before the end
      buffer.appendWindowEnd = to / SECOND;
      buffer.appendWindowStart = from / SECOND;
      buffer.appendBuffer(bytes);
    };
    try {
      await this.#queue(append);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
      await this.forget(2);
      await this.#queue(append);
    }
  }

  /** Drops what was played longer ago. @param {number} [seconds] */
  async forget(seconds = KEPT_BEHIND) {
    const until = this.element.currentTime - seconds;
    const [first] = this.#ranges;
    if (first && first.start < until) await this.#queue((buffer) => buffer.remove(0, until));
  }

  /** Drops everything, to begin elsewhere. */
  async clear() {
    this.init = null;
    if (this.error) this.#open();
    else await this.#queue((buffer) => {
      buffer.abort();
      buffer.remove(0, Infinity);
    });
  }

  /** Nothing follows what has been appended. */
  async end() {
    await this.#work;
    if (!this.#closed && this.#source.readyState === "open") this.#source.endOfStream();
  }

  /** @param {number} at µs */
  has(at) {
    return this.#rangeAt(at / SECOND) !== undefined;
  }

  /** The stretches in its buffer, in seconds. */
  get #ranges() {
    const { buffered } = this.element;
    return Array.from({ length: buffered.length }, (_, i) => ({ start: buffered.start(i), end: buffered.end(i) }));
  }

  /** @param {number} time seconds */
  #rangeAt(time) {
    // The first picture may be some milliseconds after its fragment's stated start.
    return this.#ranges.find(({ start, end }) => start - 0.12 <= time && time < end);
  }

  /** Whether it shows (or sounds) about this moment and can continue. @param {number} at µs */
  ready(at) {
    return this.has(at) && this.shows(at) && this.element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** Whether the picture in the element is one of about this moment. @param {number} at µs */
  shows(at) {
    const { seeking, readyState } = this.element;
    return !seeking && readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && Math.abs(this.at - at) < SECOND;
  }

  /** The moment it is at, µs. */
  get at() {
    return Math.round(this.element.currentTime * SECOND);
  }

  /** Whether it is on its way to a moment and will get there: to one that it does not have, it never does. */
  get arriving() {
    return this.element.seeking && this.has(this.at);
  }

  /**
   * Plays; browsers do not let a page sound before it was touched: then pictures play without sound.
   *
   * @returns {Promise<boolean>} whether it may sound, if it has any
   */
  async play() {
    const { element } = this;
    try {
      await element.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name !== "NotAllowedError" || element.muted) return true;
      element.muted = true;
      return false;
    }
    return true;
  }

  /** Shows this moment; where it has none of it, it waits where its media begin again. @param {number} at µs */
  jump(at) {
    const time = at / SECOND;
    const range = this.#rangeAt(time) ?? this.#ranges.find(({ start }) => start > time);
    this.element.currentTime = Math.max(time, range?.start ?? time);
  }

  /**
   * Keeps to the clock: by a change of speed too small to notice, or by a jump.
   *
   * @param {number} at µs @param {number} rate
   */
  follow(at, rate) {
    this.#late = 0;
    this.#approach(at, rate);
  }

  /** @param {number} at µs @param {number} rate */
  #approach(at, rate) {
    const drift = this.element.currentTime - at / SECOND;
    if (Math.abs(drift) > FAR) {
      if (!this.element.seeking || (!this.arriving && this.has(at))) this.jump(at);
      this.element.playbackRate = rate;
    } else {
      const nudge = Math.abs(drift) < CLOSE ? 0 : Math.max(-0.15, Math.min(0.15, drift));
      const wanted = rate * (1 - nudge);
      if (Math.abs(this.element.playbackRate - wanted) > 0.005) this.element.playbackRate = wanted;
    }
  }

  /**
   * Brings one that is not ready to the clock. Where two fragments leave a seam between them no element continues by
   * itself, however short the seam is.
   *
   * @param {number} at µs
   */
  reach(at) {
    const now = performance.now();
    this.#late ||= now;
    const start = this.#behindSeam();
    if (start !== undefined) {
      this.element.currentTime = start;
    } else if (now - this.#late > STALLED) {
      this.#late = now;
      this.jump(at);
    } else {
      this.#approach(at, 1);
    }
  }

  /** Where it continues behind the seam that it has come to, in seconds. @returns {number | undefined} */
  #behindSeam() {
    const { currentTime } = this.element;
    return this.#ranges.find(({ start }, i, ranges) => {
      const end = ranges[i - 1]?.end ?? -Infinity;
      return (start - end) * SECOND <= SEAM && end - LAST <= currentTime && currentTime < start;
    })?.start;
  }

  close() {
    this.#closed = true;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    URL.revokeObjectURL(this.#url);
  }
}
