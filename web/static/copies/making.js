// @ts-check
// Tells how far a film or a sheet is that is being made, until it is made, could not be, or is not wanted any more.

import { Unavailable } from "../proof/errors.js";
import { element } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";
import { poll } from "../page/poll.js";
import { read } from "../page/requests.js";

/** @typedef {{state: string, here: boolean, done: number | null, total: number | null}} Progress */

const EVERY = 1000; // ms between two askings
const LEARNT = 5000; // ms of watching after which it can be said how long the rest takes
const LONGEST = 24 * 3600; // seconds; a longer guess is of no use
const GOING_ON = ["waiting", "making"];
const NOT_OURS = ["not-signed-in", "forbidden", "missing", "not-granted", "needs-second", "consent-gone", "giving-refused"];

const bar = element("progress", HTMLProgressElement);

/** The first progress that was seen, and when. @type {{done: number, at: number} | null} */
let first = null;

/** Seconds that the rest takes at the speed until now; null while it is not known. @param {number} done @param {number} total */
function remaining(done, total) {
  first ??= { done, at: performance.now() };
  const watched = performance.now() - first.at;
  if (watched < LEARNT || done <= first.done) return null;
  const seconds = ((total - done) * watched) / (done - first.done) / 1000;
  return seconds < LONGEST ? seconds : null;
}

/** @param {Progress} progress */
function showProgress({ state, here, done, total }) {
  element("making-title").textContent = say(state);
  const known = state === "making" && done !== null && total !== null && total > 0;
  if (!known) {
    bar.removeAttribute("value");
    element("left").hidden = true;
    if (done) element("making-text").textContent = say("copying", { done: timecode(done) }); // of a length that is not known yet
    if (state === "making" && !here) element("making-text").textContent = say("elsewhere");
    return;
  }
  bar.value = (100 * Math.min(done, total)) / total;
  const format = element("one").dataset.counts === "photographs" ? String : timecode;
  const words = { done: format(done), total: format(total), n: total };
  element("making-text").textContent = done < total ? say("done", words) : say("finishing");
  const seconds = done < total ? remaining(done, total) : null;
  element("left").hidden = seconds === null;
  if (seconds !== null) element("left").textContent = say("left", { length: timecode(Math.ceil(seconds) * 1e6) });
}

/** @returns {Promise<Progress | null>} null where the center does not answer now */
async function readProgress() {
  try {
    return await read(`/derivatives/${element("one").dataset.id}/progress`);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return NOT_OURS.includes(error.code) ? { state: error.code, here: false, done: null, total: null } : null;
  }
}

await poll(EVERY, async () => {
  const progress = await readProgress();
  if (progress && !GOING_ON.includes(progress.state)) return progress;
  if (progress) showProgress(progress);
  return null;
});
location.reload(); // the page says what became of it
