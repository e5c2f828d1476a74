// @ts-check
// The presenter's controls of the audience window, under the film of a page (templates/film_presenting.html).

import { Audience, announcesPictures } from "./audience.js";
import { element, elementIfAny, onPress } from "../page/elements.js";

/** @import { Caption } from "./audience.js" */
/** @import { Film } from "./film.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Span } from "./timeline.js" */

const SIZE = "popup,width=1280,height=720";

export class Presenting {
  #film;
  #stage;
  #excluded;
  /** @type {Audience | null} */
  #audience = null;
  /** @type {readonly Caption[]} */
  #said = [];
  #closing = new AbortController();
  #captions = element("audience-captions", HTMLInputElement);
  #nameless = elementIfAny("audience-nameless", HTMLInputElement);

  /**
   * Offers the window, where the browser can show it.
   *
   * @param {Film} film open @param {Stage} stage of it @param {readonly Span[]} excluded by a court
   */
  constructor(film, stage, excluded) {
    this.#film = film;
    this.#stage = stage;
    this.#excluded = excluded;
    const { signal } = this.#closing;
    element("presenting").hidden = !announcesPictures();
    onPress("audience-open", () => this.#open(), signal);
    onPress("audience-close", () => this.#audience?.close(), signal);
    onPress("audience-dark", () => this.#darken(element("audience-dark").getAttribute("aria-pressed") !== "true"), signal);
    for (const input of [this.#captions, this.#nameless]) input?.addEventListener("change", () => this.#apply(), { signal });
    this.#show();
  }

  /** What is said in the recording, for captions. @param {readonly Caption[]} said */
  set said(said) {
    this.#said = said;
    this.#captions.disabled = said.length === 0;
    this.#apply();
  }

  /** Ends with its film. */
  close() {
    this.#audience?.close();
    this.#closing.abort();
    element("presenting").hidden = true;
  }

  #open() {
    const opened = window.open("", "", SIZE);
    element("audience-refused").hidden = opened !== null;
    if (!opened) return;
    this.#audience = new Audience(opened, this.#film, this.#stage, this.#excluded);
    this.#audience.closed.addEventListener("abort", () => {
      this.#audience = null;
      this.#show();
    });
    this.#darken(false);
    this.#apply();
    this.#show();
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

  #show() {
    element("audience-closed").hidden = this.#audience !== null;
    element("audience-opened").hidden = this.#audience === null;
  }
}
