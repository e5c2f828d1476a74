// @ts-check
// The two panels at the top of the exhibit's page. Red: a proof failed; it says something about the recording and
// stays. Amber: something was not there to be had; it says nothing about the recording and goes when it is over.

import { StepFailed, STEPS } from "./checks.js";
import { trackName } from "./happenings.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { element, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { wordsOf, writeWords } from "../page/trouble.js";
import { isolate, known, momentText, say } from "../page/words.js";

/** @import { Film } from "../film/film.js" */
/** @import { Words } from "../page/requests.js" */
/** @typedef {{at: number, track: number, reason: string, kind: string | undefined}} Failure */

const LISTED = 20;

/** What was found, by its moment. @type {Failure[]} */
const failures = [];

/**
 * A part of the recording is not what was recorded. The first one fills the panel, later ones are listed.
 *
 * @param {Film} film @param {Failure} failure @param {(at: number) => void} go
 */
export function showAltered(film, failure, go) {
  failures.push(failure);
  failures.sort((a, b) => a.at - b.at);
  const [first, ...others] = failures;
  const values = {
    at: timecode(first.at),
    wall: momentText(film.wallClock(first.at)),
    track: trackName(film, first.track),
  };
  const what = first.kind === "event" ? "event" : first.reason === "unreadable" ? "unreadable" : "altered";
  showRed(say("alarm.altered", values), say(`alarm.${what}.what`, values), "alarm.altered");
  const moments = [...new Set(others.map((one) => timecode(one.at)))].filter((at) => at !== values.at);
  const places = moments.slice(0, LISTED).map((at) => {
    const moment = others.find((one) => timecode(one.at) === at)?.at ?? 0;
    return make("li", "", makeButton("link", say("alarm.more", { at }), () => go(moment)));
  });
  if (moments.length > LISTED) places.push(make("li", "", `+ ${moments.length - LISTED}`));
  element("alarm-places").replaceChildren(...places);
}

/** @param {string} title @param {string} what @param {string} family */
function showRed(title, what, family) {
  element("alarm-title").textContent = title;
  writeWords({ what, meaning: say(`${family}.meaning`), todo: say(`${family}.todo`) }, "alarm-");
  const panel = element("alarm");
  if (!panel.hidden) return;
  panel.hidden = false;
  panel.scrollIntoView({ block: "nearest" });
}

/**
 * Why a recording could not be opened.
 *
 * @param {unknown} error @param {() => void} again what may help where something was not to be had
 */
export function showFailure(error, again) {
  if (error instanceof StepFailed) {
    const title = say("alarm.step", { step: say(`step.${error.step}`) });
    showRed(title, say("alarm.step.what", { number: STEPS.indexOf(error.step) + 1 }), "alarm.step");
  } else if (error instanceof NotProved) {
    showRed(say("alarm.header"), say("expert", { message: isolate(error.message) }), "alarm.step"); // the header itself
  } else if (error instanceof Unavailable) {
    showUnavailable(error, again);
  } else {
    throw error;
  }
}

/** @param {Unavailable} error @param {() => void} again */
export const showUnavailable = (error, again) => showAmber(error.words ?? wordsOf("trouble.network"), again);

/** @param {string} code @param {Record<string, unknown>} [values] */
export function showTrouble(code, values) {
  if (known(`trouble.${code}.what`)) showAmber(wordsOf(`trouble.${code}`, values), null);
}

/** @param {Words} words @param {(() => void) | null} again */
function showAmber(words, again) {
  writeWords(words);
  const button = element("again");
  button.hidden = again === null;
  button.onclick = () => {
    hideTrouble();
    again?.();
  };
  element("trouble").hidden = false;
}

export const hideTrouble = () => void (element("trouble").hidden = true);
