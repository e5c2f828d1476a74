// @ts-check
// What moment the picture shows: to the picture while it plays, not to the film's tenth of a second.

import { SECOND } from "../page/times.js";

/** @import { Film } from "../film/film.js" */

const APART = SECOND / 2; // an element further from the film than this is on its way somewhere

export class Clock {
  #film;
  #video;
  #signal;
  /** @type {(() => void)[]} */
  #listeners = [];

  /** @param {Film} film @param {HTMLMediaElement | null} video the picture that is looked at @param {AbortSignal} signal */
  constructor(film, video, signal) {
    this.#film = film;
    this.#video = video;
    this.#signal = signal;
    film.addEventListener("time", () => this.#notify(), { signal });
    film.addEventListener("play", () => this.#follow(), { signal });
    film.addEventListener("pause", () => this.#settle(), { signal });
  }

  /** µs of the part's timeline. */
  get at() {
    const shown = this.#shown();
    return this.#film.playing && shown !== null ? shown : this.#film.at;
  }

  /** Stops where the picture is. */
  rest() {
    const { at } = this;
    if (!this.#film.playing) return;
    this.#film.pause();
    this.#film.seek(at);
  }

  /** Called whenever the moment is another one. @param {() => void} listener */
  each(listener) {
    this.#listeners.push(listener);
  }

  /** @returns {number | null} */
  #shown() {
    if (!this.#video || this.#video.seeking) return null;
    const at = Math.round(this.#video.currentTime * SECOND);
    return Math.abs(at - this.#film.at) < APART ? at : null;
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }

  #follow() {
    if (this.#signal.aborted || !this.#film.playing) return;
    this.#notify();
    requestAnimationFrame(() => this.#follow());
  }

  /** Where it comes to rest, the film is at what its picture shows: keys are set to that moment. */
  #settle() {
    setTimeout(() => {
      const shown = this.#shown();
      if (!this.#signal.aborted && !this.#film.playing && shown !== null && shown !== this.#film.at) this.#film.seek(shown);
    }, 0);
  }
}
