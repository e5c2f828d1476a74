// @ts-check
// How the copy will be, suggested while the recording plays: what is covered looks covered, what is silenced is not
// heard, what is cut is passed over. Only a suggestion: the copy itself is looked at before it is released.

import { stretchAt } from "./redaction_edits.js";

/** @typedef {import("./film.js").Film} Film */
/** @typedef {import("./redaction_clock.js").Clock} Clock */
/** @typedef {import("./redaction_desk.js").Desk} Desk */
/** @typedef {import("./stage.js").Stage} Stage */

const AHEAD = 100_000; // µs at the speed of life; at a cut's very beginning some of it would have been heard

export class Preview {
  on = true;
  #film;
  #frame;
  #sounds;
  #desk;
  #clock;

  /** @param {Film} film @param {Stage} stage @param {HTMLElement} frame around the pictures @param {Desk} desk @param {Clock} clock */
  constructor(film, stage, frame, desk, clock) {
    this.#film = film;
    this.#frame = frame;
    this.#sounds = Object.values(stage.elements).filter((one) => one instanceof HTMLAudioElement);
    this.#desk = desk;
    this.#clock = clock;
    clock.each(() => this.follow());
  }

  /** Shows and sounds as the edits say for this moment. */
  follow() {
    const { edits, part } = this.#desk;
    const evidence = part?.evidence ?? "";
    const { at } = this.#clock;
    this.#frame.classList.toggle("preview", this.on);
    this.#frame.classList.toggle("coarse", this.on && edits.blur);
    const silent = this.on && stretchAt(edits.bleeps, evidence, at) !== null;
    for (const sound of this.#sounds) sound.volume = silent ? 0 : 1;
    this.#frame.classList.toggle("silent", silent);
    const cut = stretchAt(edits.cuts, evidence, at);
    this.#frame.classList.toggle("cut", cut !== null);
    if (!this.on || !this.#film.playing) return;
    const soon = cut ?? stretchAt(edits.cuts, evidence, at + AHEAD * this.#film.rate);
    if (soon && soon.to > at) this.#film.seek(soon.to);
  }
}
