// @ts-check
// A sound meter: how loud it is now, as a bar that moves and a number a screen reader can ask for.

import { element, say } from "./words.js";

/** @param {string} meter @param {string} fill ids of the two elements */
export function levelMeter(meter, fill) {
  const bar = element(meter, HTMLElement), inner = element(fill, HTMLElement);
  /** @param {number} level 0 to 1 */
  return (level) => {
    const percent = Math.round(100 * Math.min(1, Math.max(0, level)));
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", percent === 0 ? say("level.silent") : `${percent} %`);
    inner.style.inlineSize = `${percent}%`;
  };
}

/**
 * Loudness of a microphone in this browser, 0 to 1, on the scale the recorder uses: −60 dB is 0, full scale 1.
 * @param {MediaStreamTrack} track @param {(level: number) => void} show
 * @returns {() => void} stops listening
 */
export function listen(track, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    show(power > 0 ? 1 + (10 * Math.log10(power)) / 60 : 0);
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
