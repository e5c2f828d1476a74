// @ts-check
// A recording, played: several tracks in their own media elements, kept to one clock, every fragment
// verified before it is shown.
//
//   const film = new Film(source, { elements: { wide, close, microphone } });
//   await film.open();          // records and header; then film.header, film.timeline
//   await film.play();
//
// `source` gives records, sealed messages and message keys (see viewing/opener.js); what is proved by checking them is
// said in reading.js.
//
// All times are whole microseconds on the part's own timeline. Events (`CustomEvent`, see `detail`):
//   verified {index, track, from, to}      a record passed every check
//   failed   {index, track, at, reason, message}   a record did not; sticks
//   stopped  {index, track, at, reason}    playing reached a failed fragment and went no further
//   time     {at}                          a few times a second while something moves
//   gap      {from, to}                    nothing was recorded there; playing goes on at `to`
//   passed   {from, to}                    it was passed over (`passOver`); playing goes on at `to`
//   presence {present: string[], shown: string[]}   tracks that have media now; those whose element shows it already
//   waiting  {waiting}                     it waits for the network (true), or goes on (false)
//   unavailable {code, message, words}     the server or the network did not give what was asked for
//   unplayable {track, at, message}        verified, but this browser cannot show it
//   records  {count}                       live: more has been recorded
//   muted, play, pause, ended

import { NotProved, Unavailable } from "../proof/errors.js";
import { Lane } from "./lane.js";
import { Reading } from "./reading.js";
import { SECOND } from "./timeline.js";

/** @import { Source } from "../viewing/opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Span } from "./timeline.js" */
/** @typedef {Record<string, HTMLMediaElement | null | undefined>} Elements */
/**
 * @typedef {object} FilmOptions
 * @property {Elements | ((tracks: readonly Track[]) => Elements)} elements by the track's name in the header; a
 *   function makes them once the header is known
 * @property {boolean} [live] recording goes on: stay close to its end
 */

const TICK = 100; // ms
const AHEAD = 15 * SECOND;
const END_OF_SPAN = SECOND / 4; // the last packets of a track end a little before its last fragment does

const LIVE_POLL = 350; // ms
const LIVE_BEHIND = 0.8 * SECOND; // behind the newest media; fragments are a second long, so ≈ 2 s behind now
const LIVE_TOO_FAR = 2.5 * SECOND;

export class Film extends Reading {
  #live;
  #elements;
  /** @type {Lane[]} */
  #lanes = [];
  #timer = 0;
  #poll = 0;
  #closed = false;
  #at = 0;
  #moved = 0; // performance.now() when #at was true
  #playing = false;
  #waiting = false;
  #present = "";
  #rate = 1;
  #muted = false;
  #ticks = 0;
  /** @type {readonly Span[]} */
  #passed = [];

  /** @param {Source} source @param {FilmOptions} options */
  constructor(source, { elements, live = false }) {
    super(source, !live);
    this.#elements = elements;
    this.#live = live;
  }

  get at() {
    return this.#at;
  }

  get playing() {
    return this.#playing;
  }

  get waiting() {
    return this.#waiting;
  }

  get rate() {
    return this.#rate;
  }

  /** @param {number} rate 1 is the speed of life */
  set rate(rate) {
    this.#rate = Math.min(4, Math.max(0.25, rate));
  }

  /** Reads records and header, and takes hold of the elements. @override @throws {NotProved | Unavailable} */
  async open() {
    const header = await super.open();
    const elements = typeof this.#elements === "function" ? this.#elements(header.tracks) : this.#elements;
    for (const track of header.tracks) {
      const element = elements[track.name];
      if (element) this.#lanes.push(new Lane(track, element, this.#feed()));
    }
    // Sound first: where there is sound, it is the clock, since a nudged picture is not noticed and a
    // nudged voice is.
    this.#lanes.sort((a, b) => Number(b.track.kind === "audio") - Number(a.track.kind === "audio"));
    this.seek(this.#live ? this.timeline.edge - LIVE_BEHIND : (this.timeline.nextMedia(0) ?? 0));
    this.#timer = setInterval(() => this.#tick(), TICK);
    if (this.#live) this.#pollRecords();
    return header;
  }

  play() {
    if (this.#playing || this.#closed) return;
    if (!this.#live && this.#at >= this.timeline.end) this.seek(this.timeline.nextMedia(0) ?? 0);
    for (const lane of this.#lanes) lane.retry();
    this.#playing = true;
    this.#moved = performance.now();
    this.say("play", {});
    this.#tick();
  }

  pause() {
    if (!this.#playing) return;
    this.#playing = false;
    this.#rest();
    this.#setWaiting(false);
    this.say("pause", {});
  }

  /** From here on these stretches are not shown, neither by playing nor by seeking. @param {readonly Span[]} spans */
  passOver(spans) {
    this.#passed = spans;
    if (this.#past(this.#at) !== this.#at) this.seek(this.#at);
  }

  /** Show one of them after all. @param {Span} span */
  admit(span) {
    this.#passed = this.#passed.filter((one) => one !== span);
  }

  /** The first moment from `at` on that is not passed over. @param {number} at @returns {number} */
  #past(at) {
    const over = this.#passed.find(({ from, to }) => from <= at && at < to);
    if (!over) return at;
    return over.to < this.timeline.end ? this.#past(over.to) : this.timeline.end;
  }

  /** @param {number} at µs; kept inside the recording, and out of what is passed over */
  seek(at) {
    this.#at = this.#past(Math.round(Math.min(Math.max(this.timeline.begin, at), this.timeline.end)));
    this.#moved = performance.now();
    const here = this.#lanes.filter((lane) => this.timeline.spanAt(lane.track.track, this.#at));
    const held = here.length > 0 && here.every((lane) => !lane.broken && lane.screen.has(this.#at));
    for (const lane of this.#lanes) {
      if (held) lane.screen.jump(this.#at);
      // Clearing can only fail with the element itself, and then filling fails with words.
      else lane.begin(this.#at).catch(() => {});
    }
    this.#tellPresence();
    this.say("time", { at: this.#at });
  }

  close() {
    this.#closed = true;
    this.#playing = false;
    clearInterval(this.#timer);
    clearTimeout(this.#poll);
    for (const lane of this.#lanes) lane.close();
  }

  async #pollRecords() {
    try {
      if ((await this.follow()) > 0) this.say("records", { count: this.records.length });
    } catch (error) {
      this.#fails(error);
    }
    if (!this.#closed) this.#poll = setTimeout(() => this.#pollRecords(), LIVE_POLL);
  }

  /** @returns {import("./lane.js").Feed} */
  #feed() {
    return {
      timeline: this.timeline,
      record: (index) => this.record(index),
      check: (record) => this.check(record),
      fails: (error, lane, record) => this.#fails(error, lane, record),
      live: this.#live,
    };
  }

  /** @param {unknown} error @param {Lane} [lane] @param {FilmRecord} [record] */
  #fails(error, lane, record) {
    if (error instanceof NotProved) return; // said when it was found; playing stops when it gets there
    if (!this.#live) this.pause();
    if (error instanceof Unavailable) {
      this.say("unavailable", { code: error.code, message: error.message, words: error.words });
    } else if (error instanceof DOMException || error instanceof MediaError) {
      this.say("unplayable", { track: lane?.track.name, at: record?.start, message: error.message });
    } else {
      throw error;
    }
  }

  // --- the clock --------------------------------------------------------------------------------

  #tick() {
    if (this.#closed) return;
    this.#ticks += 1;
    for (const lane of this.#lanes) {
      lane.fill(this.#at + AHEAD);
      if (this.#ticks % 50 === 0) lane.screen.forget().catch(() => {});
    }
    if (this.#playing) this.#advance();
    else this.#show();
  }

  /** Paused: every element shows the moment the film is at. */
  #show() {
    for (const { screen } of this.#lanes) {
      if (!screen.arriving && screen.has(this.#at) && Math.abs(screen.at - this.#at) > 150_000) {
        screen.jump(this.#at);
      }
    }
    this.#tellPresence();
  }

  #advance() {
    const now = performance.now();
    let at = this.#at + (this.#waiting ? 0 : (now - this.#moved) * 1000 * this.#speed());
    this.#moved = now;
    if (this.#live) at = this.#stayClose(at);

    const leader = this.#lanes.find((lane) => this.#binding(lane, this.#at) && lane.screen.ready(this.#at));
    if (leader && Math.abs(leader.screen.at - at) < SECOND) {
      // An element's clock may be rounded to a moment before its first fragment: there would be nothing to play.
      at = Math.max(leader.screen.at, this.timeline.spanAt(leader.track.track, this.#at)?.from ?? 0);
    }
    this.#at = Math.round(at);

    if (this.#stopAtBroken() || this.#skipPassed() || this.#skipGap()) return;
    const here = this.#lanes.filter((lane) => this.timeline.spanAt(lane.track.track, this.#at));
    const late = here.filter((lane) => this.#binding(lane, this.#at) && !lane.screen.ready(this.#at));
    for (const { screen } of late) if (!screen.arriving && screen.has(this.#at)) screen.reach(this.#at);
    this.#setWaiting(late.length > 0);
    for (const lane of this.#lanes) {
      const { screen } = lane;
      if (this.#waiting || !here.includes(lane)) {
        if (!screen.element.paused) screen.element.pause();
        continue;
      }
      screen.follow(this.#at, this.#speed());
      if (screen.element.paused) this.#start(lane);
    }
    this.#tellPresence();
    this.say("time", { at: this.#at });
  }

  #speed() {
    if (!this.#live) return this.#rate;
    const left = this.timeline.edge - this.#at;
    if (left > 2 * LIVE_BEHIND) return 1.08;
    return left < LIVE_BEHIND / 2 ? 0.95 : 1;
  }

  /** @param {number} at @returns {number} */
  #stayClose(at) {
    if (this.timeline.edge - at < LIVE_TOO_FAR) return at;
    this.seek(this.timeline.edge - LIVE_BEHIND);
    return this.#at;
  }

  /**
   * Whether the film must wait for this lane at this moment. Not at the very end of a stretch of media,
   * where there is nothing more to wait for.
   *
   * @param {Lane} lane @param {number} at
   */
  #binding(lane, at) {
    const span = this.timeline.spanAt(lane.track.track, at);
    const end = Math.min(span?.to ?? 0, lane.broken?.at ?? Infinity);
    return end - at > END_OF_SPAN;
  }

  #stopAtBroken() {
    const broken = this.#lanes
      .map((lane) => ({ lane, broken: lane.broken }))
      .filter((item) => item.broken !== null && item.broken.at <= this.#at)
      .sort((a, b) => (a.broken?.at ?? 0) - (b.broken?.at ?? 0))[0];
    if (!broken?.broken) return false;
    const { at, index, error } = broken.broken;
    this.#at = Math.max(at, 0);
    this.say("time", { at: this.#at });
    this.pause();
    this.say("stopped", { index, track: broken.lane.track.track, at, reason: error.reason });
    return true;
  }

  #skipPassed() {
    // One look ahead: at the next one the beginning would have been heard.
    const soon = Math.round(this.#at + TICK * 1000 * this.#rate);
    const to = this.#past(soon);
    if (to === soon || to <= this.#at) return false;
    this.say("passed", { from: this.#at, to });
    this.seek(to);
    return true;
  }

  #skipGap() {
    if (this.timeline.tracks.some((track) => this.timeline.spanAt(track, this.#at))) return false;
    const next = this.timeline.nextMedia(this.#at);
    if (next !== null) {
      const from = this.timeline.silences().find((silence) => silence.to === next)?.from ?? this.#at;
      this.say("gap", { from, to: next });
      this.seek(next);
      return true;
    }
    if (this.#live) {
      this.#at = this.timeline.end;
      this.#setWaiting(true);
      this.#rest();
      return true;
    }
    this.#at = this.timeline.end;
    this.say("time", { at: this.#at });
    this.pause();
    this.say("ended", {});
    return true;
  }

  /** @param {Lane} lane */
  async #start({ screen: { element } }) {
    try {
      await element.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // Browsers do not let a page sound before somebody has touched it: then pictures go on, and the
      // page can say that the sound waits for a touch.
      if (error.name === "NotAllowedError" && !element.muted) {
        element.muted = true;
        if (!this.#muted) this.say("muted", {});
        this.#muted = true;
      }
    }
  }

  #rest() {
    for (const { screen } of this.#lanes) screen.element.pause();
  }

  /** @param {boolean} waiting */
  #setWaiting(waiting) {
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    this.#moved = performance.now();
    this.say("waiting", { waiting });
  }

  #tellPresence() {
    const here = this.#lanes.filter((lane) => this.timeline.spanAt(lane.track.track, this.#at));
    const present = here.map((lane) => lane.track.name);
    const shown = here.filter((lane) => lane.screen.shows(this.#at)).map((lane) => lane.track.name);
    const told = `${present.join()};${shown.join()}`;
    if (told === this.#present) return;
    this.#present = told;
    this.say("presence", { present, shown });
  }
}
