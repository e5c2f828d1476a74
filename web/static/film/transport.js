// @ts-check
// Play, seek, speed, sound, full screen: by pointer and by keyboard. The timeline runs from left to right in every
// language, as clocks and films do.

import { fullScreen, share, showPosition } from "./controls.js";
import { Sound } from "./sound.js";
import { actOnKey } from "../page/keys.js";
import { element, make, makeButton, onPress } from "../page/elements.js";
import { SECOND, timecode } from "../page/times.js";
import { dateOf, clockOf, say, zoneOf } from "../page/words.js";

/** @import { Film } from "./film.js" */
/** @import { Happening } from "../exhibit/happenings.js" */
/** @import { Stage } from "./stage.js" */

const EVENED_NOTE = 5000; // ms

/** What has a place on the line; the list has the rest, too. @type {readonly Happening["weight"][]} */
const ON_LINE = Object.freeze(["mark", "phase", "break"]);

export class Transport {
  #film;
  #stage;
  #seek = element("seek", HTMLInputElement);
  #player = element("player");
  #sound;
  #closing = new AbortController();
  /** @type {HTMLElement[]} */
  #clips = [];

  /** @param {Film} film open @param {Stage} stage */
  constructor(film, stage) {
    this.#film = film;
    this.#stage = stage;
    this.#sound = new Sound(Object.values(stage.elements).filter((one) => one instanceof HTMLAudioElement));
    this.#seek.min = String(film.timeline.begin / SECOND);
    this.#seek.max = String(film.timeline.end / SECOND);
    element("length").textContent = timecode(film.timeline.end);
    onPress("play", () => this.toggle());
    this.#seek.addEventListener("input", () => film.seek(Number(this.#seek.value) * SECOND));
    const rate = element("rate", HTMLSelectElement);
    rate.addEventListener("change", () => (film.rate = Number(rate.value)));
    onPress("sound", () => this.#setMuted(!film.muted));
    onPress("even", () => this.#even());
    onPress("full", () => void fullScreen(this.#player));
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.#closing.signal });
    for (const type of ["play", "pause", "ended", "time"]) film.addEventListener(type, () => this.#update());
    film.addEventListener("muted", () => {
      this.#setMuted(true);
      stage.note(say("note.muted"));
    });
    film.addEventListener("unhearable", () => this.#setMuted(true));
    if (Sound.wanted) this.#even();
    this.#update();
  }

  /** Hears no key any more, so that another film can take its place. */
  close() {
    this.#closing.abort();
    this.#sound.close();
  }

  toggle() {
    if (this.#film.playing) this.#film.pause();
    else this.#film.play();
  }

  /** @param {number} at µs */
  go(at) {
    this.#film.seek(at);
    this.#player.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  #update() {
    const { at, playing, timeline } = this.#film;
    showPosition(at, timeline, playing);
    const moment = this.#film.wallClock(at);
    this.#stage.showMoment(moment);
    this.#seek.title = `${dateOf(moment)} ${clockOf(moment)} ${zoneOf(moment)}`;
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    for (const one of Object.values(this.#stage.elements)) if (one instanceof HTMLAudioElement) one.muted = muted;
    element("sound").textContent = say(muted ? "sound.off" : "sound.on");
    if (!muted) this.#stage.note("");
  }

  #even() {
    this.#sound.even = !this.#sound.even;
    element("even").setAttribute("aria-pressed", String(this.#sound.even));
    if (this.#sound.even) this.#stage.note(say("note.even"), EVENED_NOTE);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    const typing = target instanceof HTMLElement && target.matches("input:not(#seek), select, textarea, button, a, summary");
    if (typing && (event.key === " " || event.key === "Enter" || !target.closest("#player"))) return;
    const step = (event.shiftKey ? 1 : 5) * SECOND;
    actOnKey(event, {
      " ": () => this.toggle(),
      ArrowLeft: () => this.#film.seek(this.#film.at - step),
      ArrowRight: () => this.#film.seek(this.#film.at + step),
      Home: () => this.#film.seek(this.#film.timeline.begin),
      End: () => this.#film.seek(this.#film.timeline.end),
      m: () => this.#setMuted(!this.#film.muted),
      c: () => this.#stage.layNext(),
      f: () => void fullScreen(this.#player),
    });
  }

  /** Puts what has a moment onto the timeline. @param {readonly Happening[]} happenings */
  mark(happenings) {
    for (const { at, sentence, weight } of happenings) {
      if (ON_LINE.includes(weight)) this.#place(at, weight, sentence);
    }
  }

  /** @param {number} at µs @param {string} sentence */
  markFailed(at, sentence) {
    this.#place(at, "failed", sentence);
  }

  /** A stretch of the line that is marked as such. @param {import("./timeline.js").Span} span @param {string} sentence @param {() => void} act */
  band({ from, to }, sentence, act) {
    const button = this.#put(from, "band", sentence, act);
    const { timeline } = this.#film;
    button.style.inlineSize = `${100 * (share(to, timeline) - share(from, timeline))}%`;
    return button;
  }

  /** Puts these clips onto the line, in place of those before. @param {readonly {clip: import("./timeline.js").Span, sentence: string, act: () => void}[]} clips */
  clips(clips) {
    for (const button of this.#clips) button.remove();
    this.#clips = clips.map(({ clip, sentence, act }) => {
      const button = this.band(clip, sentence, act);
      button.className = "band band-clip";
      return button;
    });
  }

  /** @param {number} at @param {string} kind @param {string} sentence */
  #place(at, kind, sentence) {
    this.#put(at, `place place-${kind}`, `${timecode(at)} ${sentence}`, () => this.go(at));
  }

  /** A button on the line, with a text for the pointer that rests on it, and for who hears the page. @param {number} at @param {string} className @param {string} text @param {() => void} act */
  #put(at, className, text, act) {
    const button = makeButton(className, "", act);
    button.style.insetInlineStart = `${100 * share(at, this.#film.timeline)}%`;
    button.title = text;
    button.append(make("span", "visually-hidden", text));
    element("places").append(button);
    return button;
  }
}
