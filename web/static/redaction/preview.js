// @ts-check
// How the copy will be, suggested while the recording plays: what is covered looks covered, what is silenced is not
// heard, what is cut is passed over. Only a suggestion: the copy itself is looked at before it is released.

import { stretchAt } from "./edits.js";
import { SECOND } from "../page/times.js";
import { element, onPress } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Film } from "../film/film.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Stage } from "../film/stage.js" */

// µs at the speed of life. Sound plays on between two looks at it: of what is silenced or cut, the very beginning
// would have been heard.
const AHEAD = 100_000;

/**
 * Suggests it, from now on and after each change.
 *
 * @param {Film} film @param {Stage} stage @param {HTMLElement} frame around the pictures @param {Desk} desk @param {Clock} clock
 * @param {AbortSignal} signal
 * @returns {() => void} has it suggested, or not any more
 */
export function preparePreview(film, stage, frame, desk, clock, signal) {
  let on = true;
  const sounds = Object.values(stage.elements).filter((one) => one instanceof HTMLAudioElement);

  /** Shows and sounds as the edits say for this moment. */
  function follow() {
    const { edits, part } = desk;
    const evidence = part?.evidence ?? "";
    const { at } = clock;
    // Whether the copy will be without what a sound plays now or next. The sound itself says where it is: on a busy
    // machine pictures run before it or after it.
    const isUnheard = (/** @type {HTMLAudioElement} */ { currentTime }) =>
      [0, AHEAD * film.rate].some((ahead) => stretchAt([...edits.bleeps, ...edits.cuts], evidence, currentTime * SECOND + ahead) !== null);
    frame.classList.toggle("preview", on);
    frame.classList.toggle("coarse", on && edits.blur);
    for (const sound of sounds) sound.volume = on && isUnheard(sound) ? 0 : 1;
    frame.classList.toggle("silent", on && stretchAt(edits.bleeps, evidence, at) !== null);
    const cut = stretchAt(edits.cuts, evidence, at);
    frame.classList.toggle("cut", cut !== null);
    if (!on || !film.playing) return;
    const soon = cut ?? stretchAt(edits.cuts, evidence, at + AHEAD * film.rate);
    if (soon && soon.to > at) film.seek(soon.to);
  }

  const show = (/** @type {boolean} */ wanted) => {
    on = wanted;
    follow();
    element("preview").textContent = say(on ? "preview.on" : "preview.off");
  };
  const toggle = () => show(!on);
  clock.each(follow);
  desk.addEventListener("change", follow, { signal });
  onPress("preview", toggle, signal);
  show(true);
  return toggle;
}
