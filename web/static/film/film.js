// @ts-check
// A recording, played: several tracks in their own media elements, kept to one clock, every fragment
// verified before it is shown.
//
//   const film = new Film(source);
//   await film.open();          // records and header; then film.header, film.timeline
//   film.show({ wide, close, microphone });
//   film.play();
//
// `source` gives records, sealed messages and message keys (see viewing/opener.js); what is proved by checking them is
// said in reading.js.
//
// All times are whole microseconds on the part's own timeline. Events (`CustomEvent`, see `detail`):
//   verified {index, track, from, to}      a record passed every check
//   failed   {index, track, at, reason, message}   a record did not; sticks
//   stopped  {index, track, at, reason}    playing reached a failed fragment and went no further
//   time     {at}                          a few times a second while something moves
//   gap      {from, to}                    nothing was recorded there; playing continues at `to`
//   passed   {from, to}                    it was passed over (`passOver`); playing continues at `to`
//   reached  {to}                          the clip that is played (`playClip`) has ended; paused there
//   left     {}                            another moment than those of the clip was sought: it is played no more
//   guarded  {guarded}                     an audience sees it now (`guarded`), or does no longer
//   presence {present: string[], shown: string[], over: string[]}   tracks that have media now; those whose element shows
//            it already; those that have ended
//   waiting  {waiting}                     it waits for the network (true), or continues (false)
//   unavailable {code, message, words}     the server or the network did not give what was asked for
//   unplayable {track, at, message}        verified, but this browser cannot show it
//   unhearable {track, at, message}        verified, but its element failed: as a rule the computer has lost its output for
//            sound. It is muted now, and plays on without sound
//   muted, play, pause, ended, closed

import { NotProved, Unavailable } from "../proof/errors.js";
import { Lanes } from "./lanes.js";
import { isTooFar, LIVE_BEHIND, liveSpeed } from "./live_pace.js";
import { Reading } from "./reading.js";
import { past } from "./timeline.js";
import { SECOND } from "../page/times.js";
import { poll } from "../page/poll.js";

/** @import { Source } from "../viewing/opener.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Lane } from "./lane.js" */
/** @import { Span } from "./timeline.js" */

const TICK = 100; // ms
const AHEAD = 15 * SECOND;
const FIRST_SHOWN = 2; // ticks for which a clip's first pictures are there before it is played
const LIVE_POLL = 350; // ms

export class Film extends Reading {
  #lanes = new Lanes([], {}, this);
  #timer = 0;
  #closed = false;
  #at = 0;
  #moved = 0; // performance.now() when #at was true
  #playing = false;
  #waiting = false;
  #present = "";
  #rate = 1;
  #muted = false;
  #ticks = 0;
  /** @type {readonly Span[]} stretches that are not to be shown */
  #left = [];
  /** @type {readonly Span[]} those of them that nobody has admitted */
  #passed = [];
  #guarded = false;
  /** @type {Span | null} */
  #clip = null;
  #beginning = 0; // ticks until that clip is played
  #released = false; // whether playing goes on past it
  #soon = 0; // the timer of its end
  #posed = false; // whether it shows its first pictures, which playing does not begin with

  /** @param {Source} source @param {boolean} [live] it is still being recorded: stay close to its end */
  constructor(source, live = false) {
    super(source);
    this.live = live;
  }

  get at() {
    return this.#at;
  }

  get playing() {
    return this.#playing;
  }

  get rate() {
    return this.#rate;
  }

  /** @param {number} rate 1 is the speed of life */
  set rate(rate) {
    this.#rate = Math.min(4, Math.max(0.25, rate));
  }

  /** Takes hold of the elements, once it is open. @param {Record<string, HTMLMediaElement | null>} elements by track name */
  show(elements) {
    this.#lanes = new Lanes(this.header.tracks, elements, this);
    if (this.live) this.seek(this.timeline.edge - LIVE_BEHIND);
    else this.#pose();
    this.#timer = setInterval(() => this.#tick(), TICK);
    if (this.live) void poll(LIVE_POLL, () => this.#readOn());
  }

  play() {
    this.#beginning = 0;
    if (this.#playing || this.#closed) return;
    if (this.#released) this.#clip = null;
    const begin = this.timeline.nextMedia(0) ?? 0;
    const anew = this.#at >= this.timeline.end || (this.#posed && this.#at !== begin);
    if (this.#clip && this.#at >= this.#clip.to - 1) this.#go(this.#clip.from);
    else if (!this.live && anew) this.#go(begin);
    this.#lanes.resume(this.#at);
    this.#playing = true;
    this.#moved = performance.now();
    this.say("play", {});
    this.#tick();
  }

  /**
   * Plays this stretch alone, until a moment outside it is sought. Its first pictures are shown before anything moves:
   * an audience sees where it begins. Where it ends it rests, on its last picture that is not passed over.
   *
   * @param {Span} clip
   */
  playClip(clip) {
    this.pause();
    let to = Math.min(clip.to, this.timeline.end);
    for (let over; (over = this.#passed.find((one) => one.from < to && to <= one.to)); ) to = over.from;
    this.#clip = { from: clip.from, to };
    this.#released = false;
    this.#go(clip.from);
    this.#beginning = FIRST_SHOWN;
  }

  /** Lets the next playing go on past the clip; until then nothing outside it is shown. */
  release() {
    this.#released = true;
  }

  /** Whether its sound is muted. */
  get muted() {
    return this.#lanes.muted;
  }

  /** How many pictures the elements have had so far, and how many of them the browser did not show. */
  get pictures() {
    return this.#lanes.pictures;
  }

  /** The stretch that is played alone. */
  get clip() {
    return this.#clip;
  }

  pause() {
    this.#beginning = 0;
    clearTimeout(this.#soon);
    if (!this.#playing) return;
    this.#playing = false;
    this.#lanes.rest();
    this.#setWaiting(false);
    this.say("pause", {});
  }

  /** From here on these stretches are not shown, neither by playing nor by seeking. @param {readonly Span[]} spans */
  passOver(spans) {
    this.#left = spans;
    this.#passAll();
  }

  /** The stretches that are passed over. */
  get passed() {
    return this.#passed;
  }

  /** Show one of them after all; not while an audience sees the film. @param {Span} span */
  admit(span) {
    if (!this.#guarded) this.#passed = this.#passed.filter((one) => one !== span);
  }

  /** Whether an audience sees it: then every stretch is passed over, also one that was admitted before. */
  get guarded() {
    return this.#guarded;
  }

  set guarded(guarded) {
    this.#guarded = guarded;
    if (guarded) this.#passAll();
    this.say("guarded", { guarded });
  }

  /** Passes over all of them, and drops what the elements hold: some of it may be theirs. */
  #passAll() {
    this.#passed = this.#left;
    if (this.#posed) this.#pose(true);
    else this.#go(this.#at, true);
  }

  /** @param {number} at µs; kept inside the recording, and out of what is passed over */
  seek(at) {
    if (this.#clip && !(this.#clip.from <= at && at < this.#clip.to)) {
      this.#clip = null;
      this.#beginning = 0;
      this.say("left", {});
    }
    this.#go(at);
  }

  /** @param {number} at µs @param {boolean} [anew] with nothing of what is held */
  #go(at, anew = false) {
    clearTimeout(this.#soon);
    const { begin, end } = this.timeline;
    this.#at = past(this.#passed, Math.round(Math.min(Math.max(begin, at), end)), end);
    this.#moved = performance.now();
    this.#posed = false;
    this.#lanes.seek(this.#at, anew);
    this.#reportPresence();
    this.say("time", { at: this.#at });
  }

  /** Shows the first pictures; playing begins at the beginning all the same, where there may be sound alone. */
  #pose(anew = false) {
    const cameras = this.header.tracks.filter(({ kind }) => kind === "video").map(({ track }) => track);
    this.#go(this.timeline.firstPicture(cameras), anew);
    this.#posed = true;
  }

  close() {
    this.#closed = true;
    this.#playing = false;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#lanes.close();
    this.say("closed", {});
  }

  /** Live: what has been recorded since. */
  async #readOn() {
    if (this.#closed) return true;
    try {
      await this.follow();
    } catch (error) {
      this.fails(error);
    }
    return null;
  }

  /** Something did not come, or cannot be shown. @param {unknown} error @param {Lane} [lane] @param {FilmRecord} [record] */
  fails(error, lane, record) {
    if (error instanceof NotProved) return; // said when it was found; playing stops when it gets there
    if (!this.live) this.pause();
    if (error instanceof Unavailable) {
      this.say("unavailable", { code: error.code, message: error.message, words: error.words });
    } else if (error instanceof DOMException || error instanceof MediaError) {
      const kind = lane?.silence(this.#at) ? "unhearable" : "unplayable";
      this.say(kind, { track: lane?.track.name, at: record?.start ?? this.#at, message: error.message });
    } else {
      throw error;
    }
  }

  // --- the clock --------------------------------------------------------------------------------

  #tick() {
    if (this.#closed) return;
    this.#ticks += 1;
    for (const lane of this.#lanes.all) {
      lane.fill(this.#at + AHEAD);
      if (this.#ticks % 50 === 0) lane.screen.forget().catch(() => {});
    }
    if (this.#playing) this.#advance();
    else this.#lanes.show(this.#at);
    this.#reportPresence();
    if (this.#beginning > 0) this.#begin();
  }

  /** Plays a clip once its first pictures have been there for some ticks, or its proof has failed. */
  #begin() {
    const { present, shown } = this.#lanes.presence(this.#at);
    if (shown.length === present.length) this.#beginning -= 1;
    if (this.#beginning === 0 || this.#lanes.broken(this.#at)) this.play();
  }

  #advance() {
    const now = performance.now();
    let at = this.#at + (this.#waiting ? 0 : (now - this.#moved) * 1000 * this.#speed());
    this.#moved = now;
    if (this.live && isTooFar(this.timeline.edge - at)) {
      this.#go(this.timeline.edge - LIVE_BEHIND);
      at = this.#at;
    }
    const leader = this.#lanes.leader(this.#at);
    if (leader && Math.abs(leader.screen.at - at) < SECOND) {
      // An element's clock may be rounded to a moment before its first fragment: there would be nothing to play.
      at = Math.max(leader.screen.at, this.timeline.spanAt(leader.track.track, this.#at)?.from ?? 0);
    }
    this.#at = Math.round(at);

    if (this.#stopAtBroken() || this.#stopAtEndOfClip() || this.#skipPassed() || this.#skipGap()) return;
    this.#setWaiting(this.#lanes.reach(this.#at));
    const here = this.#waiting ? [] : this.#lanes.at(this.#at);
    for (const lane of this.#lanes.all) {
      const { screen } = lane;
      if (!here.includes(lane)) {
        if (!screen.element.paused) screen.element.pause();
        continue;
      }
      screen.follow(this.#at, this.#speed());
      if (screen.element.paused) void this.#start(lane);
    }
    this.say("time", { at: this.#at });
  }

  #speed() {
    return this.live ? liveSpeed(this.timeline.edge - this.#at) : this.#rate;
  }

  #stopAtBroken() {
    const broken = this.#lanes.broken(this.#at);
    if (!broken) return false;
    const { at, index, track, error } = broken;
    this.#at = Math.max(at, 0);
    this.say("time", { at: this.#at });
    this.pause();
    this.say("stopped", { index, track, at, reason: error.reason });
    return true;
  }

  #stopAtEndOfClip() {
    if (!this.#clip) return false;
    const { to } = this.#clip;
    const { end } = this.timeline;
    const next = this.timeline.nextMedia(past(this.#passed, this.#at, end)) ?? end; // what is left of it may be a gap
    if (next < to) {
      const left = (to - this.#at) / 1000 / this.#rate;
      clearTimeout(this.#soon);
      if (left < TICK) this.#soon = setTimeout(() => this.#tick(), left);
      return false;
    }
    this.pause();
    this.#go(Math.max(to - 1, this.timeline.begin));
    this.say("reached", { to });
    return true;
  }

  #skipPassed() {
    // One look ahead: at the next one the beginning would have been heard.
    const soon = Math.round(this.#at + TICK * 1000 * this.#rate);
    const to = past(this.#passed, soon, this.timeline.end);
    if (to === soon || to <= this.#at || (this.#clip && to >= this.#clip.to)) return false;
    this.say("passed", { from: this.#at, to });
    this.#go(to);
    return true;
  }

  #skipGap() {
    if (this.timeline.tracks.some((track) => this.timeline.spanAt(track, this.#at))) return false;
    const next = this.timeline.nextMedia(this.#at);
    if (next !== null) {
      const from = this.timeline.silences().find((silence) => silence.to === next)?.from ?? this.#at;
      this.say("gap", { from, to: next });
      this.#go(next);
      return true;
    }
    this.#at = this.timeline.end;
    if (this.live) {
      this.#setWaiting(true);
      this.#lanes.rest();
      return true;
    }
    this.say("time", { at: this.#at });
    this.pause();
    this.say("ended", {});
    return true;
  }

  /** @param {Lane} lane */
  async #start({ screen }) {
    if ((await screen.play()) || this.#muted) return;
    this.#muted = true; // the page can say that the sound waits for a touch
    this.say("muted", {});
  }

  /** @param {boolean} waiting */
  #setWaiting(waiting) {
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    this.#moved = performance.now();
    this.say("waiting", { waiting });
  }

  #reportPresence() {
    const presence = this.#lanes.presence(this.#at);
    const summary = Object.values(presence).join(";");
    if (summary === this.#present) return;
    this.#present = summary;
    this.say("presence", presence);
  }
}
