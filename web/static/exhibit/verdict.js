// @ts-check
// How much of the recording has been verified, in one line, never more certain than the proof: "everything" only
// once every piece was compared.

import { showUnavailable } from "./panels.js";
import { Unavailable } from "../proof/errors.js";
import { element, setTag } from "../page/elements.js";
import { countText, say } from "../page/words.js";

/** @import { ShowStep } from "./checklist.js" */
/** @import { Film } from "../film/film.js" */

/**
 * Shows it, with the button by which everything is verified without playing.
 *
 * @param {Film} film @param {ShowStep} showStep
 * @param {{ trial: boolean, left: boolean }} limits whether the center has trial keys; whether something is left out by
 *   order, so that not all pieces are here
 */
export function showVerdict(film, showStep, { trial, left }) {
  const button = element("verify-all", HTMLButtonElement);
  /** @type {AbortController | null} */
  let running = null;
  let drawing = 0;

  function draw() {
    drawing = 0;
    const states = film.records.map(({ index }) => film.state(index));
    const count = states.length;
    const verified = states.filter((state) => state === "verified").length;
    const failed = states.filter((state) => state === "failed").length;
    const answer = failed > 0 ? "altered" : verified === count ? "all" : "so-far";
    setTag(element("verdict"), say(`verdict.${answer}`), failed > 0 ? "red" : trial ? "amber" : "green");
    const values = { done: countText(verified), failed: countText(failed), n: count };
    const sentence = say(`verdict.${answer === "all" && left ? "left" : answer}.text`, values);
    element("verdict-text").textContent = trial ? `${sentence} ${say("step.policy.trial")}` : sentence;
    if (failed > 0) showStep("fragments", "failed");
    else if (answer === "all") showStep("fragments", "proved");
    // Its place stays: what is below must not move under the pointer.
    button.classList.toggle("done", verified + failed === count && running === null);
  }

  async function verifyAll() {
    running = new AbortController();
    button.textContent = say("verify.stop");
    try {
      await film.verifyAll(running.signal);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      showUnavailable(error, () => void verifyAll());
    } finally {
      running = null;
      button.textContent = say("verify.all");
      draw();
    }
  }

  for (const type of ["verified", "failed"]) film.addEventListener(type, () => (drawing ||= requestAnimationFrame(draw)));
  button.addEventListener("click", () => (running ? running.abort() : void verifyAll()));
  element("checked").hidden = false;
  draw();
}
