// @ts-check
// Keeps one track's element filled ahead of the play position with checked fragments, in order.
//
// A lane never appends what `check` has not returned, and never skips: a fragment that fails ends the
// lane at that fragment's start. (Live, a broken picture would hide what happens now, so there the lane
// continues at the next keyframe, after having said so.)
//
// An element is given no sound of a stretch that is passed over. A page whose timers come late plays into such a
// stretch, and what its element does not have cannot be heard. (A picture needs those before it, back to its keyframe, so
// of pictures an element is given all.)

import { NotProved } from "../proof/errors.js";
import { outside } from "./timeline.js";
import { TrackElement, WHOLE } from "./track_element.js";

/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Film } from "./film.js" */
/** @import { Span } from "./timeline.js" */

const FETCHED_AHEAD = 6; // fragments whose fetching has begun

export class Lane {
  /** @param {Track} track @param {HTMLMediaElement} element @param {Film} film */
  constructor(track, element, film) {
    this.track = track;
    this.screen = new TrackElement(track, element);
    this.#film = film;
    /** @type {{at: number, index: number, error: NotProved} | null} where this lane ends because a proof failed */
    this.broken = null;
    /** Whether the network or the browser failed; filling continues once this is false again. */
    this.halted = false;
  }

  #film;
  #next = 0;
  #run = 0; // counts the seeks: whatever was begun before the last one is thrown away
  #filling = false;
  #ended = false;
  /** @type {Map<number, Promise<Bytes>>} */
  #coming = new Map();
  /** @type {Map<number, Promise<Bytes>>} initialisation segments, checked */
  #inits = new Map();

  /** Begins anew so that `at` can be shown. @param {number} at µs */
  begin(at) {
    this.#run += 1;
    this.#filling = false;
    this.#ended = false;
    this.#coming.clear();
    this.#next = this.#film.timeline.startFor(this.track.track, at);
    this.broken = null;
    this.halted = false;
    return this.screen.clear();
  }

  /** Appends until the element holds media up to `until`. @param {number} until µs */
  async fill(until) {
    if (this.broken || this.halted) return;
    const { error } = this.screen;
    if (error) return this.#fail(error);
    if (this.#filling) return;
    this.#filling = true;
    const run = this.#run;
    try {
      while (run === this.#run && !this.broken && !this.halted && (await this.#step(run, until)));
    } finally {
      if (run === this.#run) this.#filling = false;
    }
  }

  /** @param {number} run @param {number} until @returns {Promise<boolean>} whether there may be more to do */
  async #step(run, until) {
    const media = this.#film.timeline.media(this.track.track);
    const record = media[this.#next];
    if (!record) {
      if (!this.#film.live && !this.#ended && media.length > 0) {
        this.#ended = true;
        // A Firefox without an output for sound ends one as soon as all of it is decoded, seconds early.
        if (this.track.kind === "video") await this.screen.end();
      }
      return false;
    }
    if (record.start >= until) return false;
    for (const ahead of media.slice(this.#next, this.#next + FETCHED_AHEAD)) {
      if (ahead.start >= until || this.#coming.has(ahead.index)) continue;
      const content = this.#film.check(ahead);
      content.catch(() => {}); // heard below, when its turn comes
      this.#coming.set(ahead.index, content);
    }
    try {
      const init = record.init === this.screen.init ? null : await this.#init(record);
      const content = await this.#coming.get(record.index);
      if (run !== this.#run || !content) return false;
      if (init) await this.screen.append(init);
      this.screen.init = record.init;
      for (const span of this.#given(record)) await this.screen.append(content, span);
    } catch (error) {
      if (run === this.#run) this.#fail(error, record);
      return false;
    }
    if (run !== this.#run) return false;
    this.#coming.delete(record.index);
    this.#next += 1;
    return true;
  }

  /** The stretches of a record that its element is given. @param {FilmRecord} record @returns {readonly Span[]} */
  #given({ start, duration }) {
    if (this.track.kind !== "audio") return [WHOLE];
    const end = start + duration;
    return outside(this.#film.passed, { from: start, to: end }).map(({ from, to }) => ({
      from: from === start ? WHOLE.from : from, // a sample may begin a little before its record does
      to: to === end ? WHOLE.to : to,
    }));
  }

  /** @param {FilmRecord} record @returns {Promise<Bytes>} */
  #init(record) {
    const index = /** @type {number} */ (record.init);
    const init = this.#film.record(index);
    if (!init || init.kind !== "init" || init.track !== record.track) {
      return Promise.reject(new NotProved("incomplete", `record ${record.index} needs record ${index}, which is not its track's`));
    }
    const known = this.#inits.get(index) ?? this.#film.check(init);
    this.#inits.set(index, known);
    known.catch(() => this.#inits.delete(index)); // so that a lost connection can be tried again
    return known;
  }

  /** @param {unknown} error @param {FilmRecord} [record] */
  #fail(error, record) {
    if (error instanceof NotProved && this.#film.live) {
      this.#next = this.#film.timeline.nextKey(this.track.track, this.#next + 1);
    } else if (error instanceof NotProved && record) {
      this.broken = { at: record.start, index: record.index, error };
    } else {
      this.#coming.clear();
      this.halted = true;
    }
    this.#film.fails(error, this, record);
  }

  /**
   * After it failed: begins anew without sound, which needs no output for it.
   *
   * @param {number} at µs @returns {boolean} whether there was sound until now
   */
  silence(at) {
    const { element } = this.screen;
    if (this.track.kind !== "audio" || element.muted) return false;
    element.muted = true;
    this.begin(at).catch(() => {});
    return true;
  }

  close() {
    this.#run += 1;
    this.screen.close();
  }
}
