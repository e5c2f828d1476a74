// @ts-check
// How the copy will be, suggested while the recording plays: what is covered looks covered, what is silenced is not
// heard, what is cut is passed over. Only a suggestion: the copy itself is looked at before it is released.

import { stretchAt } from "./edits.js";
import { SECOND } from "../film/timeline.js";

/** @import { Film } from "../film/film.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Stage } from "../film/stage.js" */

// µs at the speed of life. Sound plays on between two looks at it: of what is silenced or cut, the very beginning
// would have been heard.
const AHEAD = 100_000;

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
    for (const sound of this.#sounds) sound.volume = this.on && this.#unheard(sound) ? 0 : 1;
    this.#frame.classList.toggle("silent", this.on && stretchAt(edits.bleeps, evidence, at) !== null);
    const cut = stretchAt(edits.cuts, evidence, at);
    this.#frame.classList.toggle("cut", cut !== null);
    if (!this.on || !this.#film.playing) return;
    const soon = cut ?? stretchAt(edits.cuts, evidence, at + AHEAD * this.#film.rate);
    if (soon && soon.to > at) this.#film.seek(soon.to);
  }

  /**
   * Whether the copy will be without what this sound plays now or next. The sound itself says where it is: on a busy
   * machine pictures run before it or after it.
   *
   * @param {HTMLAudioElement} sound
   */
  #unheard(sound) {
    const { edits, part } = this.#desk;
    const at = sound.currentTime * SECOND;
    return [at, at + AHEAD * this.#film.rate].some(
      (moment) => stretchAt([...edits.bleeps, ...edits.cuts], part?.evidence ?? "", moment) !== null,
    );
  }
}
