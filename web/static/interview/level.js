// @ts-check
// A sound meter: how loud it is now, as a bar that moves and a number a screen reader can ask for.

import { element } from "../page/elements.js";
import { say } from "../page/words.js";

/** @param {string} meter @param {string} fill ids of the two elements */
export function levelMeter(meter, fill) {
  const bar = element(meter), inner = element(fill);
  /** @param {number} level 0 to 1 */
  return (level) => {
    const percent = Math.round(100 * Math.min(1, Math.max(0, level)));
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", percent === 0 ? say("level.silent") : `${percent} %`);
    inner.style.inlineSize = `${percent}%`;
  };
}

/**
 * Loudness of what a connection's microphone sends, 0 to 1, on the scale the recorder uses: −60 dB is 0, full
 * scale 1. Asked of the connection, because an AudioContext stays silent until something has been pressed.
 * @param {() => RTCPeerConnection | null} peer @param {(level: number) => void} show
 */
export function listen(peer, show) {
  setInterval(async () => {
    const report = await peer()?.getStats();
    let loudest = 0;
    report?.forEach((stats) => {
      if (stats.type === "media-source" && stats.kind === "audio") loudest = Math.max(loudest, stats.audioLevel ?? 0);
    });
    show(loudest > 0 ? 1 + (20 * Math.log10(loudest)) / 60 : 0);
  }, 150);
}
