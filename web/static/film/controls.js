// @ts-check
// Playing one film under its picture: the browser's own controls would lie over the time of day in it, and offer to save.

import { element } from "../page/elements.js";
import { SECOND, timecode } from "../page/times.js";
import { say } from "../page/words.js";

/**
 * Puts a film under the page's controls.
 *
 * @param {HTMLVideoElement} film @param {number} length µs
 */
export function control(film, length) {
  const play = element("play", HTMLButtonElement);
  const seek = element("seek", HTMLInputElement);
  const sound = element("sound", HTMLButtonElement);
  const player = element("figure", HTMLElement);

  const tell = () => {
    const at = Math.min(film.currentTime * SECOND, length);
    const playing = !film.paused && !film.ended;
    play.classList.toggle("playing", playing);
    play.setAttribute("aria-label", say(playing ? "pause" : "play"));
    seek.value = String(film.currentTime);
    seek.setAttribute("aria-valuetext", say("position", { at: timecode(at), length: timecode(length) }));
    seek.style.setProperty("--played", String(at / Math.max(1, length)));
    element("position", HTMLElement).textContent = timecode(at);
    sound.textContent = say(film.muted ? "sound.off" : "sound.on");
  };
  const toggle = () => {
    if (film.paused || film.ended) void film.play();
    else film.pause();
  };
  const fullScreen = async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await player.requestFullscreen(); // with the viewer's name over it
  };

  seek.max = String(length / SECOND);
  element("length", HTMLElement).textContent = timecode(length);
  for (const type of ["play", "pause", "ended", "timeupdate", "seeking", "volumechange"]) film.addEventListener(type, tell);
  for (const one of [play, film]) one.addEventListener("click", toggle);
  seek.addEventListener("input", () => (film.currentTime = Number(seek.value)));
  sound.addEventListener("click", () => (film.muted = !film.muted));
  element("full", HTMLButtonElement).addEventListener("click", () => void fullScreen());
  tell();
  play.focus();
}
