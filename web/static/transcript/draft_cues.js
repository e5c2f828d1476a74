// @ts-check
// The cues of a draft, and their changes: pure, every function gives a new list.
//
// Times are ms of the recording. A draft may be unfinished; `problems` says what keeps it from being a transcript.

import { readTime } from "../page/times.js";
import { FOREIGN_SIGNS, LATEST, LONGEST_NAME, LONGEST_TEXT, wrong } from "./webvtt.js";

/** @import { Cue } from "./webvtt.js" */
/** @typedef {readonly Cue[]} Cues */

export const SHORT = 2000; // ms of a cue that is added
const LEAST = 100; // ms that a part of a cue has at least

/** @param {Cues} cues @param {number} at of the list @param {Partial<Cue>} change */
export const changed = (cues, at, change) => cues.map((cue, index) => (index === at ? { ...cue, ...change } : cue));

/**
 * Divides a cue: what is before the caret, and what is after it, each with its share of the time; at `now`
 * where that is within.
 *
 * @param {Cues} cues @param {number} at @param {number} caret in its text @param {number} now ms
 */
export function split(cues, at, caret, now) {
  const cue = cues[at];
  if (!cue || cue.end - cue.begin < 2 * LEAST) return cues;
  const share = cue.begin + Math.round(((cue.end - cue.begin) * caret) / Math.max(1, cue.text.length));
  const within = now >= cue.begin + LEAST && now <= cue.end - LEAST ? now : share;
  const middle = Math.min(cue.end - LEAST, Math.max(cue.begin + LEAST, within));
  const first = { ...cue, end: middle, text: tidy(cue.text.slice(0, caret)) };
  const second = { ...cue, begin: middle, text: tidy(cue.text.slice(caret)) };
  return cues.toSpliced(at, 1, first, second);
}

/** Makes one cue of this and the next. @param {Cues} cues @param {number} at */
export function join(cues, at) {
  const [cue, next] = [cues[at], cues[at + 1]];
  if (!cue || !next) return cues;
  const text = tidy([cue.text, next.text].join("\n"));
  const one = { begin: cue.begin, end: Math.max(cue.end, next.end), speaker: cue.speaker || next.speaker, text };
  return cues.toSpliced(at, 2, one);
}

/**
 * Adds an empty cue that begins now, where it belongs by its time; its place in the list.
 *
 * @param {Cues} cues @param {number} now ms @param {string} speaker @returns {{cues: Cues, at: number}}
 */
export function added(cues, now, speaker) {
  const next = cues.find(({ begin }) => begin > now);
  const end = Math.max(Math.min(now + SHORT, next?.begin ?? LATEST), now + 1);
  const { cues: all, at } = restored(cues, { begin: now, end, speaker, text: "" });
  const last = all[at - 1];
  return { cues: last && last.begin < now && last.end > now ? changed(all, at - 1, { end: now }) : all, at };
}

/** Puts a cue that was removed back where it belongs by its time. @param {Cues} cues @param {Cue} cue @returns {{cues: Cues, at: number}} */
export function restored(cues, cue) {
  const after = cues.findIndex(({ begin }) => begin > cue.begin);
  const at = after < 0 ? cues.length : after;
  return { cues: cues.toSpliced(at, 0, cue), at };
}

/** @param {Cues} cues @param {number} at */
export const removed = (cues, at) => cues.toSpliced(at, 1);

/** Who speaks, in the order in which they first do. @param {Cues} cues @returns {string[]} */
export const speakers = (cues) => [...new Set(cues.map(({ speaker }) => speaker).filter((name) => name !== ""))];

/** Who comes after this one among those who speak. @param {Cues} cues @param {string} speaker */
export function nextSpeaker(cues, speaker) {
  const all = speakers(cues);
  return all[(all.indexOf(speaker) + 1) % Math.max(1, all.length)] ?? speaker;
}

/**
 * What keeps these from being a transcript: the place in the list of each cue that is not as it should be, and why.
 *
 * @param {Cues} cues @param {number} length ms of the recording @returns {Map<number, string>}
 */
export function problems(cues, length) {
  /** @type {Map<number, string>} */
  const found = new Map();
  let before = 0;
  for (const [index, cue] of cues.entries()) {
    const reason = wrong(cue) ?? (cue.begin < before ? "overlapping" : cue.begin >= length ? "after-end" : null);
    if (reason) found.set(index, reason);
    before = Math.max(before, cue.end);
  }
  return found;
}

/** Words as a cue has them: nothing that is no writing, no empty lines, no blanks at the ends of lines. @param {string} text */
export const tidy = (text) =>
  atMost(text.split(/\r\n|\n|\r/).map((line) => bare(line).trim()).filter((line) => line !== "").join("\n"), LONGEST_TEXT);

/** A name as a cue has it. @param {string} name */
export const tidyName = (name) => atMost(bare(name).trim().replace(/\s+/g, " "), LONGEST_NAME);

/** @param {string} text @param {number} count of signs, none of which is cut in two */
const atMost = (text, count) => [...text].slice(0, count).join("").trimEnd();

/** @param {string} line */
const bare = (line) => line.replaceAll("\t", " ").replace(FOREIGN_SIGNS, "");

/**
 * A typed time, `1:02`, `1:02.5` or `00:01:02.500`, in ms; null where it is none.
 *
 * @param {string} typed
 */
export function typedTime(typed) {
  const at = readTime(typed);
  return at !== null && at / 1000 <= LATEST ? at / 1000 : null;
}

/**
 * A translation's first cues: the times and speakers of the original, and nothing said yet.
 *
 * @param {Cues} original @returns {Cues}
 */
export const emptied = (original) => original.map((cue) => ({ ...cue, text: "" }));

/**
 * What of the original belongs beside a cue: whatever is said while it lasts, each cue once.
 *
 * @param {Cues} original @param {Cue} cue @returns {Cue[]}
 */
export function beside(original, cue) {
  return original.filter(({ begin, end }) => {
    const middle = (begin + end) / 2;
    return cue.begin <= middle && middle < cue.end;
  });
}

