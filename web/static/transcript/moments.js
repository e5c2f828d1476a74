// @ts-check
// Cues and moments of a recording: pure.

/** @import { Cue } from "./webvtt.js" */

/** The cue that is spoken at this moment, else the last one before it; -1 for none. @param {readonly Cue[]} cues @param {number} now ms */
export function spokenAt(cues, now) {
  let last = -1;
  for (const [index, cue] of cues.entries()) {
    if (cue.begin <= now) last = index;
    if (cue.begin <= now && now < cue.end) return index;
  }
  return last;
}

/** Whether any of a cue is within what is played. @param {Cue} cue @param {{begin: number, end: number}} played µs */
export const isPlayed = (cue, { begin, end }) => cue.begin * 1000 < end && cue.end * 1000 > begin;
