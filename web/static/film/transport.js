// @ts-check
// Play, seek, speed, sound, full screen: by pointer and by keyboard. The timeline runs from left to right in every
// language, as clocks and films do.

import { actOnKey } from "../page/keys.js";
import { SECOND } from "./timeline.js";
import { element, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { dateOf, clockOf, say, zoneOf } from "../page/words.js";

/** @import { Film } from "./film.js" */
/** @import { Happening } from "../exhibit/happenings.js" */
/** @import { Stage } from "./stage.js" */

export class Transport {
  #film;
  #stage;
  #play = element("play", HTMLButtonElement);
  #seek = element("seek", HTMLInputElement);
  #sound = element("sound", HTMLButtonElement);
  #player = element("player", HTMLElement);
  #closing = new AbortController();

  /** @param {Film} film open @param {Stage} stage */
  constructor(film, stage) {
    this.#film = film;
    this.#stage = stage;
    this.#seek.min = String(film.timeline.begin / SECOND);
    this.#seek.max = String(film.timeline.end / SECOND);
    element("length", HTMLElement).textContent = timecode(film.timeline.end);
    this.#play.addEventListener("click", () => this.toggle());
    this.#seek.addEventListener("input", () => film.seek(Number(this.#seek.value) * SECOND));
    const rate = element("rate", HTMLSelectElement);
    rate.addEventListener("change", () => (film.rate = Number(rate.value)));
    this.#sound.addEventListener("click", () => this.#setMuted(!this.#muted));
    element("full", HTMLButtonElement).addEventListener("click", () => this.#fullScreen());
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.#closing.signal });
    for (const type of ["play", "pause", "ended", "time"]) film.addEventListener(type, () => this.#tell());
    film.addEventListener("muted", () => {
      this.#setMuted(true);
      stage.note(say("note.muted"));
    });
    this.#tell();
  }

  /** Hears no key any more, so that another film can take its place. */
  close() {
    this.#closing.abort();
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

  #tell() {
    const { at, playing, timeline } = this.#film;
    this.#play.classList.toggle("playing", playing);
    this.#play.setAttribute("aria-label", say(playing ? "pause" : "play"));
    this.#seek.value = String(at / SECOND);
    this.#seek.setAttribute("aria-valuetext", say("position", { at: timecode(at), length: timecode(timeline.end) }));
    this.#seek.style.setProperty("--played", String(this.#share(at)));
    element("position", HTMLElement).textContent = timecode(at);
    const moment = this.#film.wallClock(at);
    this.#stage.tell(moment);
    this.#seek.title = `${dateOf(moment)} ${clockOf(moment)} ${zoneOf(moment)}`;
  }

  /** How far along the line a moment lies, 0 to 1. @param {number} at µs */
  #share(at) {
    const { begin, end } = this.#film.timeline;
    return Math.min(1, Math.max(0, (at - begin) / Math.max(1, end - begin)));
  }

  get #muted() {
    return Object.values(this.#stage.elements).some((one) => one instanceof HTMLAudioElement && one.muted);
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    for (const one of Object.values(this.#stage.elements)) if (one instanceof HTMLAudioElement) one.muted = muted;
    this.#sound.textContent = say(muted ? "sound.off" : "sound.on");
    if (!muted) this.#stage.note("");
  }

  async #fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.#player.requestFullscreen();
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
      m: () => this.#setMuted(!this.#muted),
      c: () => this.#stage.layNext(),
      f: () => void this.#fullScreen(),
    });
  }

  /** Puts what has a moment onto the timeline. @param {readonly Happening[]} happenings */
  mark(happenings) {
    const places = element("places", HTMLElement);
    for (const { at, sentence, weight } of happenings) {
      if (weight !== "mark" && weight !== "break") continue;
      places.append(this.#place(at, `place place-${weight}`, sentence));
    }
  }

  /** @param {number} at µs @param {string} sentence */
  markFailed(at, sentence) {
    element("places", HTMLElement).append(this.#place(at, "place place-failed", sentence));
  }

  /** A stretch of the line that is marked as such. @param {import("./timeline.js").Span} span @param {string} sentence @param {() => void} act */
  band({ from, to }, sentence, act) {
    const button = makeButton("band", "", act);
    const begin = this.#share(from);
    button.style.insetInlineStart = `${100 * begin}%`;
    button.style.inlineSize = `${100 * (this.#share(to) - begin)}%`;
    element("places").append(titled(button, sentence));
  }

  /** @param {number} at @param {string} className @param {string} sentence */
  #place(at, className, sentence) {
    const button = makeButton(className, "", () => this.go(at));
    button.style.insetInlineStart = `${100 * this.#share(at)}%`;
    return titled(button, `${timecode(at)} ${sentence}`);
  }
}

/** With a text for the pointer that rests on it, and for who hears the page. @param {HTMLElement} button @param {string} text */
function titled(button, text) {
  button.title = text;
  button.append(make("span", "visually-hidden", text));
  return button;
}
