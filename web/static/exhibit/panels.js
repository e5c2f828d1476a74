// @ts-check
// The two panels at the top of the exhibit's page. Red: a proof failed; it says something about the recording and
// stays. Amber: something was not there to be had; it says nothing about the recording and goes when it is over.

import { Checklist } from "./checklist.js";
import { trackName } from "./happenings.js";
import { element, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { wordsOf, writeWords } from "../page/trouble.js";
import { isolate, known, momentText, say } from "../page/words.js";

/** @import { StepFailed } from "./checks.js" */
/** @import { NotProved, Unavailable } from "../proof/errors.js" */
/** @import { Film } from "../film/film.js" */
/** @typedef {{at: number, track: number, reason: string, kind: string | undefined}} Failure */

const LISTED = 20;

export class Alarm {
  #panel = element("alarm", HTMLElement);
  /** @type {Failure[]} */
  #failures = [];

  /**
   * A part of the recording is not what was recorded. The first one fills the panel, later ones are listed.
   *
   * @param {Film} film @param {Failure} failure @param {(at: number) => void} go
   */
  altered(film, failure, go) {
    this.#failures.push(failure);
    this.#failures.sort((a, b) => a.at - b.at);
    const [first, ...others] = this.#failures;
    if (!first) return;
    const values = {
      at: timecode(first.at),
      wall: momentText(film.wallClock(first.at)),
      track: trackName(film, first.track),
    };
    const what = first.kind === "event" ? "event" : first.reason === "unreadable" ? "unreadable" : "altered";
    this.#show(say("alarm.altered", values), say(`alarm.${what}.what`, values), "alarm.altered");
    const moments = [...new Set(others.map((one) => timecode(one.at)))].filter((at) => at !== values.at);
    const places = moments.slice(0, LISTED).map((at) => {
      const moment = others.find((one) => timecode(one.at) === at)?.at ?? 0;
      return make("li", "", makeButton("link", say("alarm.more", { at }), () => go(moment)));
    });
    if (moments.length > LISTED) places.push(make("li", "", `+ ${moments.length - LISTED}`));
    element("alarm-places", HTMLElement).replaceChildren(...places);
  }

  /** @param {StepFailed} failed */
  step(failed) {
    const title = say("alarm.step", { step: say(`step.${failed.step}`) });
    this.#show(title, say("alarm.step.what", { number: Checklist.number(failed.step) }), "alarm.step");
  }

  /** The header itself did not pass. @param {NotProved} error */
  unopened(error) {
    this.#show(say("alarm.header"), say("expert", { message: isolate(error.message) }), "alarm.step");
  }

  /** @param {string} title @param {string} what @param {string} family */
  #show(title, what, family) {
    element("alarm-title", HTMLElement).textContent = title;
    writeWords({ what, meaning: say(`${family}.meaning`), todo: say(`${family}.todo`) }, "alarm-");
    if (!this.#panel.hidden) return;
    this.#panel.hidden = false;
    this.#panel.scrollIntoView({ block: "nearest" });
  }
}

export class Trouble {
  #panel = element("trouble");

  /** @param {Unavailable} error @param {() => void} again */
  show(error, again) {
    this.#fill(error.words ?? wordsOf("trouble.network"), again);
  }

  /** @param {string} code @param {Record<string, unknown>} values */
  say(code, values) {
    if (known(`trouble.${code}.what`)) this.#fill(wordsOf(`trouble.${code}`, values), null);
  }

  /** @param {import("../page/requests.js").Words} words @param {(() => void) | null} again */
  #fill(words, again) {
    writeWords(words);
    const button = element("again");
    button.hidden = again === null;
    button.onclick = () => {
      this.hide();
      again?.();
    };
    this.#panel.hidden = false;
  }

  hide() {
    this.#panel.hidden = true;
  }
}
