// @ts-check
// A picture of the case on the tablet: opened as on any page of the center, shown, and reported. What was chosen at the
// console is in no record; that it was shown, and when it no longer was, is. Each report says how long ago that was when
// it is sent: a slow or broken network makes it late, and changes no time in the record.

import { element } from "../page/elements.js";
import { pause } from "../page/poll.js";
import { change, Refused, requestNumber } from "../page/requests.js";
import { LARGE, ORIGINAL, SMALL } from "../proof/recording/records.js";
import { Opened, pictureAddress } from "../viewing/opened_file.js";

/** @import { Exhibits } from "../interview/next_door.js" */

const PURPOSE = "review";
const AGAIN = 2_000; // ms until a report that did not arrive is sent again

export class TabletExhibit {
  #interview;
  #figure = element("exhibit");
  #image = element("exhibit-picture", HTMLImageElement);
  /** @type {string | null} the evidence that is to be shown */
  #wanted = null;
  /** @type {string | null} the evidence that is on the screen, and reported as shown */
  #shown = null;
  /** Whether it is reported that what is wanted could not be opened. */
  #failed = false;
  #reports = Promise.resolve();

  /** @param {string} interview */
  constructor(interview) {
    this.#interview = interview;
  }

  /** Whether a picture is on the screen. */
  get shown() {
    return !this.#figure.hidden;
  }

  /** @param {Exhibits} exhibits @param {() => void} changed called when a picture appears or goes */
  async follow({ chosen, shown, failed }, changed) {
    const wanted = chosen?.evidence ?? null;
    const again = this.#failed && !failed; // it was chosen once more
    if (wanted === this.#wanted && !again) {
      if (wanted === null && shown && this.#shown === null) void this.#report("hidden", shown.evidence); // before this page was opened
      return;
    }
    this.#wanted = wanted;
    this.#failed = false;
    this.#hide();
    changed();
    if (wanted === null) return;
    try {
      const address = await opened(wanted);
      if (this.#wanted !== wanted) return; // another one was chosen: it may be on the screen by now
      this.#image.src = address;
      await this.#image.decode();
    } catch {
      if (this.#wanted !== wanted) return;
      await this.#report("failed", wanted);
      this.#failed = true;
      return;
    }
    if (this.#wanted !== wanted) return;
    this.#figure.hidden = false;
    changed();
    const at = await painted();
    if (this.#wanted !== wanted) return; // taken away before it was on the screen
    this.#shown = wanted;
    void this.#report("shown", wanted, at);
  }

  /** Takes the picture from the screen once the interview is over: what was chosen counts no more. */
  end() {
    this.#wanted = null;
    this.#hide();
  }

  #hide() {
    this.#figure.hidden = true;
    this.#image.removeAttribute("src");
    if (this.#shown !== null) void this.#report("hidden", this.#shown);
    this.#shown = null;
  }

  /**
   * Reports arrive in their order.
   *
   * @param {"shown" | "hidden" | "failed"} state @param {string} evidence
   * @param {number} [at] when it was, by `performance.now`
   */
  #report(state, evidence, at = performance.now()) {
    this.#reports = this.#reports.then(() => sent(`/interviews/${this.#interview}/exhibit/${state}`, evidence, at));
    return this.#reports;
  }
}

/** A picture, held against its records. @param {string} evidence @returns {Promise<string>} an address for an image */
async function opened(evidence) {
  const file = await Opened.open(evidence, PURPOSE);
  const pieces = [LARGE, SMALL, ORIGINAL].map((track) => file.track(track)).find(({ length }) => length > 0) ?? [];
  return pictureAddress(await file.content(pieces));
}

/**
 * When what was changed on the page is on the screen: the frame after the one that it is painted in. In a page that nobody
 * sees, that is once somebody does.
 *
 * @returns {Promise<number>} by `performance.now`
 */
const painted = () => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(resolve));
});

/** @param {string} url @param {string} evidence @param {number} at when what is reported was, by `performance.now` */
async function sent(url, evidence, at) {
  const request = requestNumber();
  for (;;) {
    try {
      await change(url, { evidence, ago: Math.max(0, Math.round(performance.now() - at)) }, 1, request);
      return;
    } catch (error) {
      if (error instanceof Refused && error.code !== "recorder.away") return; // another one was chosen meanwhile
      await pause(AGAIN);
    }
  }
}
