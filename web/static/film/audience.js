// @ts-check
// The audience window: what a court room sees on its second screen or projector. It shows the pictures, date and time,
// captions if they are wanted, and nothing else.
//
// Nothing that a court has excluded reaches it. It has no film of its own: each of its pictures is drawn from the
// presenter's when that one is shown, and none whose own time is in an excluded stretch. While it is open the film admits
// nothing (`guarded` in film.js). The sound is the presenter's, whose element has none of what is passed over (lane.js).

import { make } from "../page/elements.js";
import { SECOND } from "../page/times.js";
import { clockOf, dateOf, say, zoneOf } from "../page/words.js";
import { markViewer } from "../viewing/mark.js";

/** @import { Film } from "./film.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Span } from "./timeline.js" */
/** What is said from `begin` to `end`, µs. @typedef {Span & {text: string, language: string, direction: string}} Caption */

const BEFORE = SECOND / 10; // an element may have gone on to the picture after the one that it announces

/** Whether this browser announces each picture that it shows. */
export const announcesPictures = () => "requestVideoFrameCallback" in HTMLVideoElement.prototype;

export class Audience {
  #window;
  /** @type {Film | null} */
  #film = null;
  /** @type {readonly Span[]} */
  #excluded = [];
  #closed = new AbortController();
  #left = new AbortController();
  /** @type {Map<string, {figure: HTMLElement, canvas: HTMLCanvasElement}>} by track name */
  #pictures = new Map();
  #area = make("div", "stage");
  #cameras = make("div", "cameras");
  #date = make("bdi");
  #time = make("bdi", "stage-time");
  #captions = make("div", "captions");
  /** @type {HTMLElement | null} */
  #mark = null;
  #dark = false;
  #captioned = false;
  /** @type {readonly Caption[]} */
  #said = [];

  /** In an empty window of this page's own, until the window or the page is closed. @param {Window} opened */
  constructor(opened) {
    this.#window = opened;
    this.#furnish(opened.document);
    opened.addEventListener("pagehide", () => this.close(), { signal: this.closed });
    window.addEventListener("pagehide", () => this.close(), { signal: this.closed });
    // A page that nobody sees announces no pictures: the sound would go on without them.
    document.addEventListener("visibilitychange", () => document.hidden && this.#film?.pause(), { signal: this.closed });
  }

  /** Aborted once it is closed. */
  get closed() {
    return this.#closed.signal;
  }

  close() {
    if (this.closed.aborted) return;
    this.leave();
    this.#closed.abort();
    this.#window.close();
  }

  /**
   * Shows this film from now on.
   *
   * @param {Film} film open @param {Stage} stage of it @param {readonly Span[]} excluded by a court
   */
  show(film, stage, excluded) {
    this.leave();
    this.#film = film;
    this.#excluded = excluded;
    this.#left = new AbortController();
    for (const [name, frame] of stage.frames) {
      const canvas = make("canvas");
      const figure = make("figure", frame.className, canvas, make("p", "camera-empty"));
      this.#pictures.set(name, { figure, canvas });
      this.#cameras.append(figure);
    }
    this.#follow(film, stage);
    film.guarded = true; // shows this moment anew, so that its pictures are announced
  }

  /** Shows nothing until there is another film. */
  leave() {
    this.#left.abort();
    this.#pictures.clear();
    this.#cameras.replaceChildren();
    this.#captions.replaceChildren();
    for (const text of [this.#date, this.#time]) text.textContent = "";
    if (this.#film) this.#film.guarded = false;
    this.#film = null;
    this.#said = [];
  }

  /** Whether it shows nothing for now. @param {boolean} dark */
  set dark(dark) {
    this.#dark = dark;
    this.#area.hidden = dark;
    for (const { canvas } of this.#pictures.values()) wipe(canvas);
    if (!dark) this.#film?.seek(this.#film.at);
  }

  /** Whether the name of the person who is signed in is not over the picture. @param {boolean} nameless */
  set nameless(nameless) {
    if (this.#mark) this.#mark.hidden = nameless;
  }

  /** Whether it has captions. @param {boolean} captioned */
  set captioned(captioned) {
    this.#captioned = captioned;
    this.#caption();
  }

  /** What is said in the recording, for captions. @param {readonly Caption[]} said */
  set said(said) {
    this.#said = said;
    this.#caption();
  }

  /** Fills the window, in the styles of this page. @param {Document} page */
  #furnish(page) {
    page.title = say("audience.title");
    for (const { name, value } of document.documentElement.attributes) page.documentElement.setAttribute(name, value);
    for (const style of document.querySelectorAll("link[rel=stylesheet], style")) page.head.append(page.importNode(style, true));
    this.#area.append(this.#cameras, make("p", "stage-clock", this.#date, " ", this.#time), this.#captions);
    const mark = document.querySelector("#stage .viewer-mark");
    if (mark) this.#area.append((this.#mark = /** @type {HTMLElement} */ (page.importNode(mark, true))));
    page.body.className = "audience";
    page.body.replaceChildren(this.#area);
    page.body.addEventListener("dblclick", () => void page.documentElement.requestFullscreen());
    this.closed.addEventListener("abort", markViewer(page));
  }

  /** @param {Film} film @param {Stage} stage */
  #follow(film, stage) {
    const { signal } = this.#left;
    film.addEventListener("presence", () => this.#arrange(stage), { signal });
    stage.addEventListener("laid", () => this.#arrange(stage), { signal });
    film.addEventListener("time", () => this.#tell(film), { signal });
    for (const [name, { canvas }] of this.#pictures) {
      const video = stage.elements[name];
      if (video instanceof HTMLVideoElement) this.#copy(video, canvas, film);
    }
    this.#arrange(stage);
    this.#tell(film);
  }

  /** Draws every picture from now on. @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @param {Film} film */
  #copy(video, canvas, film) {
    const { signal } = this.#left;
    /** @type {VideoFrameRequestCallback} */
    const draw = (_, { mediaTime }) => {
      if (signal.aborted) return;
      const at = mediaTime * SECOND;
      if (this.#dark || this.#isExcluded(at)) wipe(canvas);
      else if (!isOutside(film.clip, at, video.paused)) paint(canvas, video);
      video.requestVideoFrameCallback(draw);
    };
    video.requestVideoFrameCallback(draw);
  }

  /** @param {number} at µs */
  #isExcluded(at) {
    return this.#excluded.some(({ from, to }) => from - BEFORE <= at && at < to);
  }

  /** The pictures are where the presenter has them, and absent where those are. @param {Stage} stage */
  #arrange(stage) {
    this.#area.dataset.layout = stage.layout;
    for (const [name, { figure, canvas }] of this.#pictures) {
      const frame = stage.frames.get(name);
      if (!frame) continue;
      const was = figure.classList.contains("coming");
      figure.className = frame.className;
      figure.querySelector(".camera-empty")?.replaceChildren(frame.querySelector(".camera-empty")?.textContent ?? "");
      if (figure.matches(".empty") || (!was && figure.matches(".coming"))) wipe(canvas);
    }
  }

  /** Date and time, and what is said. @param {Film} film */
  #tell(film) {
    const moment = film.wallClock(film.at);
    this.#date.textContent = dateOf(moment);
    this.#time.textContent = `${clockOf(moment)} ${zoneOf(moment)}`;
    this.#caption();
  }

  #caption() {
    const at = this.#film?.at ?? 0;
    const now = this.#captioned ? this.#said.filter(({ from, to }) => from <= at && at < to) : [];
    // One that lasts into an excluded stretch may have words of it.
    const shown = now.filter((one) => !this.#excluded.some(({ from, to }) => from < one.to && one.from < to));
    this.#captions.replaceChildren(...shown.map(({ text, language, direction }) => make("p", { lang: language, dir: direction }, text)));
  }
}

/**
 * Whether a moment is not of the clip that is played: a picture may begin a little before the clip does. One that moves
 * may have gone on already; the last picture is that on which the clip rests.
 *
 * @param {Span | null} clip @param {number} at µs @param {boolean} rests
 */
const isOutside = (clip, at, rests) => clip !== null && (at < clip.from - BEFORE || clip.to - (rests ? 0 : BEFORE) <= at);

/** @param {HTMLCanvasElement} canvas @param {HTMLVideoElement} video */
function paint(canvas, video) {
  const { videoWidth: width, videoHeight: height } = video;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.drawImage(video, 0, 0, width, height);
}

/** @param {HTMLCanvasElement} canvas */
function wipe(canvas) {
  canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
}
