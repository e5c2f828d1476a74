// @ts-check
// What the console and the page next door have in common: the newest status, the running time, the pictures, the sound.

import { followStatus } from "./feed.js";
import { LiveView } from "./live.js";
import { LIVE, shown } from "./state.js";
import { markViewer } from "../viewing/mark.js";
import { element, onPress, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, dayOf } from "../page/words.js";

/** @import { Status } from "./feed.js" */
/** `show`: what is shown may be another now. @typedef {{onStatus(status: Status, before: Status | null): void, show(): void}} Page */

export class Watch {
  /** The newest that was heard. @type {Status | null} */
  status = null;
  /** ms without a word since then; 0 while it is fresh. */
  silence = 0;
  #heardAt = 0; // performance.now()
  #signedOut = false;

  /** @param {string} interview @param {Page} page @param {{ events: string, asks: string }} [paths] of the feed */
  constructor(interview, page, paths) {
    this.live = new LiveView(interview);
    markViewer();
    onPress("listen", () => this.live.listen(!this.live.hears));
    const onSilence = (/** @type {number} */ ms, /** @type {boolean} */ out) => {
      this.silence = ms;
      this.#signedOut = out;
      page.show();
    };
    followStatus(interview, { onStatus: (status) => page.onStatus(...this.#take(status)), onSilence }, paths);
    setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  /** @param {Status} status @returns {[Status, Status | null]} what is known now, and what was known before */
  #take(status) {
    const before = this.status;
    // Where no recorder answers, what was heard before is all that is known.
    const behind = before !== null && before.evidence === status.evidence && status.elapsed < before.elapsed;
    this.status = behind ? { ...status, elapsed: before.elapsed, safe: before.safe } : status;
    this.#heardAt = performance.now();
    this.silence = 0;
    return [this.status, before];
  }

  get state() {
    return this.status?.state ?? "waiting";
  }

  /** Whether a recording runs. */
  get active() {
    return LIVE.includes(this.state);
  }

  /** µs of the part until now, or its length. */
  get elapsed() {
    if (this.status === null) return 0;
    const running = this.active && this.silence === 0;
    return this.status.elapsed + (running ? (performance.now() - this.#heardAt) * 1000 : 0);
  }

  /** The word, the colour and the sentences for its present state. */
  get summary() {
    return shown(this.status, this.silence, Date.now(), this.#signedOut);
  }

  showFrames() {
    const { status } = this;
    if (status === null) return;
    for (const name of ["wide", "close"]) {
      const frame = element(`film-${name}`).closest("figure");
      const camera = status.cameras[name];
      if (frame === null) continue;
      frame.hidden = camera === undefined && this.active;
      // A still picture looks like a quiet room: what is not recorded now is not shown as if it were.
      frame.classList.toggle("not-now", status.state !== "recording" || this.silence > 0 || !camera?.flowing);
    }
  }

  #tick() {
    const now = new Date();
    setText("clock", `${dayOf(now)} · ${clockOf(now)}`);
    if (this.status !== null) setText("elapsed", timecode(this.elapsed));
  }
}
