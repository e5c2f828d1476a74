// @ts-check
// How much of the recording has been verified, in one line, never more certain than the proof: "everything" only
// once every piece was compared.

import { Unavailable } from "../proof/errors.js";
import { element, setTag } from "../page/elements.js";
import { countText, say } from "../page/words.js";

/** @import { Trouble } from "./panels.js" */
/** @import { Checklist } from "./checklist.js" */
/** @import { Film } from "../film/film.js" */

export class Verdict {
  #film;
  #checklist;
  #trouble;
  #button = element("verify-all", HTMLButtonElement);
  /** @type {AbortController | null} */
  #running = null;
  #telling = 0;
  #all;
  #trial;

  /**
   * @param {Film} film @param {Checklist} checklist @param {Trouble} trouble
   * @param {{ trial?: boolean, left?: boolean }} [limits] whether the center has trial keys; whether something is left
   *   out by order, so that not all pieces are here
   */
  constructor(film, checklist, trouble, { trial = false, left = false } = {}) {
    this.#film = film;
    this.#trial = trial;
    this.#all = left ? "verdict.left" : "verdict.all";
    this.#checklist = checklist;
    this.#trouble = trouble;
    for (const type of ["verified", "failed"]) film.addEventListener(type, () => this.#tellSoon());
    this.#button.addEventListener("click", () => (this.#running ? this.#running.abort() : this.#verifyAll()));
    element("checked", HTMLElement).hidden = false;
    this.#tell();
  }

  #tellSoon() {
    if (this.#telling === 0) this.#telling = requestAnimationFrame(() => this.#tell());
  }

  #tell() {
    this.#telling = 0;
    const states = this.#film.records.map(({ index }) => this.#film.state(index));
    const count = states.length;
    const verified = states.filter((state) => state === "verified").length;
    const failed = states.filter((state) => state === "failed").length;
    const answer = failed > 0 ? "altered" : verified === count ? "all" : "so-far";
    setTag(element("verdict"), say(`verdict.${answer}`), failed > 0 ? "red" : this.#trial ? "amber" : "green");
    const sentence = say(`${answer === "all" ? this.#all : `verdict.${answer}`}.text`, {
      done: countText(verified),
      failed: countText(failed),
      n: count,
    });
    element("verdict-text", HTMLElement).textContent = this.#trial ? `${sentence} ${say("step.policy.trial")}` : sentence;
    if (failed > 0) this.#checklist.show("fragments", "failed");
    else if (answer === "all") this.#checklist.show("fragments", "proved");
    // Its place stays: what is below must not move under the pointer.
    this.#button.classList.toggle("done", verified + failed === count && this.#running === null);
  }

  async #verifyAll() {
    this.#running = new AbortController();
    this.#button.textContent = say("verify.stop");
    try {
      await this.#film.verifyAll(this.#running.signal);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      this.#trouble.show(error, () => this.#verifyAll());
    } finally {
      this.#running = null;
      this.#button.textContent = say("verify.all");
      this.#tell();
    }
  }
}
