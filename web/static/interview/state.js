// @ts-check
// What the console says about the recording, worked out from what it knows. Nothing here touches the page.
//
// The rule: never better than what is known. A state that was heard a while ago is not a state; and while
// anything is lost the word is red, whatever else happens.

/** @import { Status, Trouble } from "./feed.js" */
/** @typedef {"plain" | "green" | "amber" | "red"} Colour */
/** @typedef {{ word: string, colour: Colour, losses: Trouble[], cautions: Trouble[] }} Shown `word` is a sentence's code */

/** States in which a recording runs, so that any loss matters at once. */
export const LIVE = ["recording", "break"];

/** States in which nothing is recorded any more. */
export const OVER = ["stopped", "sealed"];

// Gravest first: the word names the worst of what is lost.
/** @type {[string, string][]} */
const WORDS = [
  ["recorder", "state.lost"],
  ["spool", "state.lost"],
  ["everything", "state.lost"],
  ["sound", "state.lost.sound"],
  ["camera", "state.lost.camera"],
  ["lag", "state.lost.behind"],
  ["disk", "state.lost.behind"],
];

/** @type {Record<string, Colour>} */
const COLOURS = { recording: "green", break: "amber", sealed: "green", checked: "green", interrupted: "red" };

/**
 * @param {Status | null} status the newest heard
 * @param {number} silence ms since then, 0 while it is fresh
 * @param {number} wall ms since 1970
 * @param {boolean} [signedOut] whether the silence comes from a session that has ended
 * @returns {Shown}
 */
export function shown(status, silence, wall, signedOut = false) {
  if (silence > 0) {
    const since = new Date(wall - silence).toISOString();
    const live = status !== null && LIVE.includes(status.state);
    const lost = { code: signedOut ? "session" : "connection", since };
    const word = signedOut ? "state.signed-out" : "state.lost.connection";
    // Before recording and after sealing a lost server loses nothing of the testimony: amber is enough.
    if (!live) return { word, colour: "amber", losses: [], cautions: [lost] };
    return { word, colour: "red", losses: [lost], cautions: [] };
  }
  if (status === null) return { word: "state.waiting", colour: "plain", losses: [], cautions: [] };
  const { losses, cautions } = status;
  if (losses.length > 0) {
    const word = WORDS.find(([code]) => losses.some((loss) => loss.code === code))?.[1] ?? "state.lost";
    return { word, colour: "red", losses, cautions };
  }
  return { word: `state.${status.state}`, colour: COLOURS[status.state] ?? "plain", losses, cautions };
}
