// @ts-check
// The presenter's controls of the audience window, under the film of a page (templates/film_presenting.html). The window
// stays while one film takes the place of another.

import { Audience, announcesPictures } from "./audience.js";
import { element, elementIfAny, onPress } from "../page/elements.js";

/** @import { Caption } from "./audience.js" */
/** @import { Film } from "./film.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Span } from "./timeline.js" */

const SIZE = "popup,width=1280,height=720";

export class Presenting {
  /** @type {{film: Film, stage: Stage, excluded: readonly Span[]} | null} */
  #shown = null;
  /** @type {Audience | null} */
  #audience = null;
  /** @type {readonly Caption[]} */
  #said = [];
  #captions = element("audience-captions", HTMLInputElement);
  #nameless = elementIfAny("audience-nameless", HTMLInputElement);

  constructor() {
    onPress("audience-open", () => this.#open());
    onPress("audience-close", () => this.#audience?.close());
    onPress("audience-dark", () => this.#darken(element("audience-dark").getAttribute("aria-pressed") !== "true"));
    for (const input of [this.#captions, this.#nameless]) input?.addEventListener("change", () => this.#apply());
    this.#update();
  }

  /**
   * Offers the window for this film, where the browser can show it.
   *
   * @param {Film} film open @param {Stage} stage of it @param {readonly Span[]} excluded by a court
   */
  show(film, stage, excluded) {
    this.#shown = { film, stage, excluded };
    this.said = [];
    element("presenting").hidden = !announcesPictures();
    this.#audience?.show(film, stage, excluded);
    this.#apply();
  }

  /** The film is there no more, and the window shows nothing. */
  leave() {
    this.#shown = null;
    this.#audience?.leave();
    element("presenting").hidden = this.#audience === null;
  }

  /** Whether an audience window is open. */
  get isOpen() {
    return this.#audience !== null;
  }

  /** What is said in the recording, for captions. @param {readonly Caption[]} said */
  set said(said) {
    this.#said = said;
    this.#captions.disabled = said.length === 0;
    this.#apply();
  }

  close() {
    this.leave();
    this.#audience?.close();
    element("presenting").hidden = true;
  }

  #open() {
    if (!this.#shown) return;
    const opened = window.open("", "", SIZE);
    element("audience-refused").hidden = opened !== null;
    if (!opened) return;
    const { film, stage, excluded } = this.#shown;
    this.#audience = new Audience(opened);
    this.#audience.show(film, stage, excluded);
    this.#audience.closed.addEventListener("abort", () => {
      this.#audience = null;
      this.#update();
    });
    this.#darken(false);
    this.#apply();
    this.#update();
  }

  /** @param {boolean} dark */
  #darken(dark) {
    element("audience-dark").setAttribute("aria-pressed", String(dark));
    if (this.#audience) this.#audience.dark = dark;
  }

  #apply() {
    if (!this.#audience) return;
    this.#audience.said = this.#said;
    this.#audience.captioned = this.#captions.checked;
    this.#audience.nameless = this.#nameless?.checked === true;
  }

  #update() {
    element("audience-closed").hidden = this.#audience !== null;
    element("audience-opened").hidden = this.#audience === null;
  }
}
