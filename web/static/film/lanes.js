// @ts-check
// All tracks of one film: which of them sound and show at a moment, which are late, and where one ends because
// a proof failed.

import { Lane } from "./lane.js";
import { SECOND } from "../page/times.js";

/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Film } from "./film.js" */

const END_OF_SPAN = SECOND / 4; // the last packets of a track end a little before its last fragment does
const APART = 150_000; // µs by which the picture of a paused film may be off

export class Lanes {
  /** @type {readonly Lane[]} */
  all;
  #film;
  #timeline;

  /** @param {readonly Track[]} tracks @param {Record<string, HTMLMediaElement | null>} elements by name @param {Film} film */
  constructor(tracks, elements, film) {
    this.#film = film;
    this.#timeline = film.timeline;
    const lanes = tracks.flatMap((track) => {
      const element = elements[track.name];
      return element ? [new Lane(track, element, film)] : [];
    });
    // Sound first: where there is sound, it is the clock, since a nudged picture is not noticed and a
    // nudged voice is.
    this.all = lanes.sort((a, b) => Number(b.track.kind === "audio") - Number(a.track.kind === "audio"));
  }

  /** Those that have media at this moment. @param {number} at µs */
  at(at) {
    return this.all.filter((lane) => this.#timeline.spanAt(lane.track.track, at));
  }

  /** The one that gives the time: the first that is bound to this moment and shows it. @param {number} at */
  leader(at) {
    return this.all.find((lane) => this.#isBinding(lane, at) && lane.screen.ready(at));
  }

  /** Brings those that are late to this moment. @param {number} at @returns {boolean} whether the film must wait for any */
  reach(at) {
    const late = this.at(at).filter((lane) => this.#isBinding(lane, at) && !lane.screen.ready(at));
    for (const { screen } of late) if (!screen.arriving && screen.has(at)) screen.reach(at);
    return late.length > 0;
  }

  /** Paused: every element shows this moment. @param {number} at */
  show(at) {
    for (const { screen } of this.all) {
      if (!screen.arriving && screen.has(at) && Math.abs(screen.at - at) > APART) screen.jump(at);
    }
  }

  /** The tracks that have media at this moment, those whose element shows it already, and those that have ended. @param {number} at */
  presence(at) {
    const here = this.at(at);
    const names = (/** @type {readonly Lane[]} */ lanes) => lanes.map(({ track }) => track.name);
    const over = this.all.filter(({ track }) => (this.#timeline.spans(track.track).at(-1)?.to ?? Infinity) <= at);
    return { present: names(here), shown: names(here.filter(({ screen }) => screen.shows(at))), over: names(over) };
  }

  /**
   * Whether the film must wait for this lane at this moment. Not at the very end of a stretch of media,
   * or before one that is passed over, where there is nothing more to wait for.
   *
   * @param {Lane} lane @param {number} at
   */
  #isBinding(lane, at) {
    const span = this.#timeline.spanAt(lane.track.track, at);
    const passed = this.#film.passed.find(({ from }) => from > at)?.from; // a lane has no sound of it
    const end = Math.min(span?.to ?? 0, lane.broken?.at ?? Infinity, passed ?? Infinity);
    return end - at > END_OF_SPAN;
  }

  /** The one that ended first because a proof failed, up to this moment. @param {number} at */
  broken(at) {
    const broken = this.all.flatMap(({ track, broken: one }) => (one && one.at <= at ? [{ ...one, track: track.track }] : []));
    return broken.sort((a, b) => a.at - b.at)[0] ?? null;
  }

  /**
   * Shows another moment: in what is there, or, where that is not enough, from the beginning.
   *
   * @param {number} at @param {boolean} anew with nothing of what is there
   */
  seek(at, anew) {
    const here = this.at(at);
    const held = !anew && here.length > 0 && here.every((lane) => at < (lane.broken?.at ?? Infinity) && lane.screen.has(at));
    for (const lane of this.all) {
      if (held) lane.screen.jump(at);
      // Clearing can only fail with the element itself, and then filling fails with words.
      else lane.begin(at).catch(() => {});
    }
  }

  /** Tries again after the network or an element failed. @param {number} at */
  resume(at) {
    for (const lane of this.all) {
      if (lane.screen.error) lane.begin(at).catch(() => {});
      lane.halted = false;
    }
  }

  /** @returns {{all: number, lost: number}} */
  get pictures() {
    const videos = this.all.flatMap(({ screen: { element } }) => (element instanceof HTMLVideoElement ? [element.getVideoPlaybackQuality()] : []));
    return {
      all: videos.reduce((sum, { totalVideoFrames }) => sum + totalVideoFrames, 0),
      lost: videos.reduce((sum, { droppedVideoFrames }) => sum + droppedVideoFrames, 0),
    };
  }

  /** Whether the sound is muted. */
  get muted() {
    return this.all.some(({ screen: { element } }) => element instanceof HTMLAudioElement && element.muted);
  }

  rest() {
    for (const { screen } of this.all) screen.element.pause();
  }

  close() {
    for (const lane of this.all) lane.close();
  }
}
