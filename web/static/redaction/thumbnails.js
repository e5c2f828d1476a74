// @ts-check
// Small pictures of a recording: each from one checked fragment, shown in an element that is not in the page and drawn small.
//
// One at a time, and only those that are wanted now; the oldest are forgotten.

import { TrackElement } from "../film/track_element.js";
import { NotProved, Unavailable } from "../proof/errors.js";

/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Film } from "../film/film.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */

export const WIDTH = 96; // CSS pixels
export const HEIGHT = 54;
const KEPT = 240; // pictures, 41 KB each at twice their size
const WITHIN = 3000; // ms until a picture has to be there
const SHARP = 2;

export class Thumbnails extends EventTarget {
  #film;
  #track;
  #signal;
  #screen;
  /** @type {Map<number, HTMLCanvasElement | null>} by the fragment's index, the latest used last; null: none could be had */
  #pictures = new Map();
  /** @type {FilmRecord[]} */
  #wanted = [];
  #working = false;
  #filled = false;

  /** @param {Film} film @param {Track} track @param {AbortSignal} signal */
  constructor(film, track, signal) {
    super();
    this.#film = film;
    this.#track = track;
    this.#signal = signal;
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    this.#screen = new TrackElement(track, video);
    signal.addEventListener("abort", () => this.#screen.close());
  }

  /** Tells `change` when one of these moments has a picture. @param {readonly number[]} moments µs */
  want(moments) {
    this.#wanted = moments.flatMap((at) => this.#fragment(at) ?? []).filter(({ index }) => !this.#pictures.has(index));
    if (!this.#working) void this.#work();
  }

  /** @param {number} at µs @returns {HTMLCanvasElement | null} */
  pictureAt(at) {
    const index = this.#fragment(at)?.index;
    if (index === undefined) return null;
    const picture = this.#pictures.get(index);
    if (!picture) return null;
    this.#pictures.delete(index);
    this.#pictures.set(index, picture);
    return picture;
  }

  /** The fragment whose first picture is shown for a moment. @param {number} at @returns {FilmRecord | null} */
  #fragment(at) {
    const { timeline } = this.#film;
    if (!timeline.spanAt(this.#track.track, at)) return null;
    return timeline.media(this.#track.track)[timeline.startFor(this.#track.track, at)] ?? null;
  }

  async #work() {
    this.#working = true;
    for (let record = this.#wanted.shift(); record && !this.#signal.aborted; record = this.#wanted.shift()) {
      if (this.#pictures.has(record.index)) continue;
      this.#pictures.set(record.index, await this.#draw(record));
      for (const [oldest] of this.#pictures) {
        if (this.#pictures.size <= KEPT) break;
        this.#pictures.delete(oldest);
      }
      this.dispatchEvent(new CustomEvent("change"));
    }
    this.#working = false;
  }

  /** @param {FilmRecord} record @returns {Promise<HTMLCanvasElement | null>} */
  async #draw(record) {
    const init = this.#film.record(/** @type {number} */ (record.init));
    if (!init) return null;
    try {
      const [opening, content] = await Promise.all([this.#film.check(init), this.#film.check(record)]);
      if (this.#filled) await this.#screen.clear();
      this.#filled = true;
      await this.#screen.append(opening);
      await this.#screen.append(content);
    } catch (error) {
      // Nothing is said here: where the proof or the network fails, the film says so itself.
      if (error instanceof NotProved || error instanceof Unavailable) return null;
      if (error instanceof DOMException || error instanceof MediaError) return null;
      throw error;
    }
    const { element } = this.#screen;
    this.#screen.jump(record.start);
    if (!(await arrived(element)) || this.#signal.aborted) return null;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH * SHARP, HEIGHT * SHARP];
    const { videoWidth, videoHeight } = /** @type {HTMLVideoElement} */ (element);
    const scale = Math.min(canvas.width / Math.max(1, videoWidth), canvas.height / Math.max(1, videoHeight));
    const [width, height] = [videoWidth * scale, videoHeight * scale];
    const pen = canvas.getContext("2d");
    pen?.drawImage(/** @type {HTMLVideoElement} */ (element), (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    return canvas;
  }
}

/** @param {HTMLMediaElement} element @returns {Promise<boolean>} whether it shows the moment it was sent to */
function arrived(element) {
  return new Promise((resolve) => {
    const look = () => {
      if (!element.seeking && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) resolve(true);
    };
    const signal = AbortSignal.timeout(WITHIN);
    signal.addEventListener("abort", () => resolve(false));
    for (const type of ["seeked", "loadeddata", "canplay"]) element.addEventListener(type, look, { signal });
    look();
  });
}
