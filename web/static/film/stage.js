// @ts-check
// The pictures: one frame a camera, their layout, and what is over them (date and time of what
// is shown, who is watching and when if the page is a person's, what the film has to say).

import { markViewer } from "../viewing/mark.js";
import { element, make, makeButton, onEvent } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, dateOf, say, word, zoneOf } from "../page/words.js";

/** @import { Track } from "../proof/recording/contents.js" */
/** @import { Film } from "./film.js" */
/** @import { Span } from "./timeline.js" */

const GAP = 300_000; // µs; shorter ones pass without a word
const GAP_NOTE = 5000; // ms

/** Says `laid` when the pictures are laid out anew. */
export class Stage extends EventTarget {
  /** @type {Record<string, HTMLMediaElement>} by track name, for the film */
  elements = {};
  #stage = element("stage", HTMLElement);
  #cameras = element("cameras", HTMLElement);
  #layouts = element("layouts", HTMLElement);
  #note = element("stage-note", HTMLElement);
  #noteEnds = 0;
  #endMark;
  /** @type {Map<string, HTMLElement>} */
  #frames = new Map();

  /** @param {readonly Track[]} tracks */
  constructor(tracks) {
    super();
    let sounds = false;
    for (const track of tracks) {
      if (track.kind === "video") this.#addCamera(track);
      else if (!sounds) {
        // One sound: two microphones in one room played together are an echo.
        this.elements[track.name] = this.#stage.appendChild(make("audio"));
        sounds = true;
      }
    }
    this.#addLayouts();
    this.#endMark = markViewer();
  }

  close() {
    this.#endMark();
    clearTimeout(this.#noteEnds);
  }

  /** @param {Track} track */
  #addCamera({ name }) {
    const frame = make("figure", "camera");
    const video = make("video");
    video.playsInline = true;
    video.muted = true;
    video.disablePictureInPicture = true; // it would leave date, time and name behind
    video.addEventListener("contextmenu", (event) => event.preventDefault());
    frame.append(video, make("p", "camera-empty", say("camera.empty")), make("figcaption", "", word("track", name)));
    frame.addEventListener("click", () => {
      if (this.#stage.dataset.layout !== "beside") this.lay(name);
    });
    this.#cameras.append(frame);
    this.#frames.set(name, frame);
    this.elements[name] = video;
  }

  #addLayouts() {
    const names = [...this.#frames.keys()];
    if (names.length > 1) {
      for (const layout of ["beside", ...names]) {
        const text = layout === "beside" ? say("layout.beside") : say("layout.large", { track: word("track", layout) });
        const button = makeButton("segment", text, () => this.lay(layout));
        button.dataset.layout = layout;
        this.#layouts.append(button);
      }
      this.#layouts.hidden = false;
    }
    this.lay(names.length > 1 ? "beside" : (names[0] ?? "beside"));
  }

  /** @param {string} layout "beside", or the name of the large camera */
  lay(layout) {
    this.#stage.dataset.layout = layout === "beside" ? "beside" : "inset";
    for (const [name, frame] of this.#frames) frame.classList.toggle("large", name === layout);
    for (const button of this.#layouts.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.layout === layout));
    }
    this.dispatchEvent(new Event("laid"));
  }

  /** "beside", or "inset" where one camera is large. */
  get layout() {
    return this.#stage.dataset.layout ?? "beside";
  }

  /** The frames of the cameras, by track name. @returns {ReadonlyMap<string, HTMLElement>} */
  get frames() {
    return this.#frames;
  }

  /** The next layout of the pictures. */
  layNext() {
    const buttons = [...this.#layouts.querySelectorAll("button")];
    const now = buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
    const next = buttons[(now + 1) % buttons.length]?.dataset.layout;
    if (next) this.lay(next);
  }

  /**
   * Cameras that have no picture of this moment show that, and never the last one they had: a picture of another
   * second under the date and time of this one would be a false picture.
   *
   * @param {string[]} present the tracks with media @param {string[]} shown those whose picture is there already
   * @param {string[]} over those that have ended
   */
  present(present, shown, over) {
    for (const [name, frame] of this.#frames) {
      frame.querySelector(".camera-empty")?.replaceChildren(say(over.includes(name) ? "camera.over" : "camera.empty"));
      frame.classList.toggle("empty", !present.includes(name));
      frame.classList.toggle("coming", present.includes(name) && !shown.includes(name));
    }
  }

  /**
   * Shows and says what becomes of its film.
   *
   * @param {Film} film @param {(gap: Span) => string} [gap] the sentence of a stretch in which nothing was recorded
   */
  follow(film, gap = () => "note.gap") {
    onEvent(film, "presence", ({ present, shown, over }) => this.present(present, shown, over));
    onEvent(film, "waiting", ({ waiting }) => {
      // That it waits is said only where nothing else is.
      const shown = this.#note.textContent;
      if (waiting && shown === "") this.note(say("note.waiting"));
      if (!waiting && shown === say("note.waiting")) this.note("");
    });
    onEvent(film, "play", () => this.note(""));
    onEvent(film, "ended", () => this.note(say("note.ended")));
    onEvent(film, "gap", ({ from, to }) => {
      if (to - from > GAP) this.note(say(gap({ from, to }), { from: timecode(from), to: timecode(to) }), GAP_NOTE);
    });
  }

  /** @param {Date} moment the wall-clock time of what is shown */
  showMoment(moment) {
    element("wall-date", HTMLElement).textContent = dateOf(moment);
    element("wall-time", HTMLElement).textContent = `${clockOf(moment)} ${zoneOf(moment)}`;
  }

  /** @param {string} text empty: nothing more to say @param {number} [ms] how long it is shown */
  note(text, ms = 0) {
    clearTimeout(this.#noteEnds);
    this.#note.textContent = text;
    this.#note.hidden = text === "";
    if (ms > 0) this.#noteEnds = setTimeout(() => this.note(""), ms);
  }
}
