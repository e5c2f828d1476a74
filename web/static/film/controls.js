// @ts-check
// Playing one film under its picture: the browser's own controls would cover the time of day in it, and offer to save.

import { element, onPress } from "../page/elements.js";
import { SECOND, timecode } from "../page/times.js";
import { say } from "../page/words.js";

/**
 * Puts a film under the page's controls.
 *
 * @param {HTMLMediaElement} film @param {number} length µs
 */
export function control(film, length) {
  const seek = element("seek", HTMLInputElement);
  const sound = element("sound");
  const update = () => {
    showPosition(Math.min(film.currentTime * SECOND, length), { begin: 0, end: length }, !film.paused && !film.ended);
    sound.textContent = say(film.muted ? "sound.off" : "sound.on");
  };
  const toggle = () => {
    if (film.paused || film.ended) void film.play();
    else film.pause();
  };

  seek.max = String(length / SECOND);
  element("length").textContent = timecode(length);
  for (const type of ["play", "pause", "ended", "timeupdate", "seeking", "volumechange"]) film.addEventListener(type, update);
  film.addEventListener("click", toggle);
  onPress("play", toggle);
  seek.addEventListener("input", () => (film.currentTime = Number(seek.value)));
  onPress("sound", () => (film.muted = !film.muted));
  if (film instanceof HTMLVideoElement) onPress("full", () => void fullScreen(element("figure"))); // with the viewer's name over it
  update();
  element("play").focus();
}

/** Says on the page's controls where a film is. @param {number} at µs @param {{begin: number, end: number}} line @param {boolean} playing */
export function showPosition(at, { begin, end }, playing) {
  const play = element("play");
  play.classList.toggle("playing", playing);
  play.setAttribute("aria-label", say(playing ? "pause" : "play"));
  const seek = element("seek", HTMLInputElement);
  seek.value = String(at / SECOND);
  seek.setAttribute("aria-valuetext", say("position", { at: timecode(at), length: timecode(end) }));
  seek.style.setProperty("--played", String(share(at, { begin, end })));
  element("position").textContent = timecode(at);
}

/** How far along its line a moment is, 0 to 1. @param {number} at µs @param {{begin: number, end: number}} line */
export const share = (at, { begin, end }) => Math.min(1, Math.max(0, (at - begin) / Math.max(1, end - begin)));

/** Fills the screen with it, or leaves that again. @param {HTMLElement} player */
export async function fullScreen(player) {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await player.requestFullscreen();
}
