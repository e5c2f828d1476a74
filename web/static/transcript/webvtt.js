// @ts-check
// Transcripts as they are sealed: WebVTT in its one spelling (casework/transcripts/webvtt.py says which), and nothing else.
//
// Trusts nothing that is parsed. Specification: docs/spec/transcript.md.

import { timecode } from "../page/times.js";
import { text } from "../proof/bytes.js";
import { Malformed } from "../proof/errors.js";

/**
 * What one voice said at a stretch: ms of the recording's timeline; `speaker` is empty where none is named.
 *
 * @typedef {{begin: number, end: number, speaker: string, text: string}} Cue
 */

export const LONGEST = 600_000; // bytes
export const MOST = 10_000; // cues
export const LONGEST_TEXT = 2_000; // characters
export const LONGEST_NAME = 100; // characters of who speaks
export const LATEST = 359_999_999; // ms

const TIMING = /^(\d{2}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2}):([0-5]\d):([0-5]\d)\.(\d{3})$/;
const VOICE = /^<v ([^<>\n]+)>/;
// Signs that no writing has, and marks that change the direction of the text around them.
const FOREIGN = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\u202a-\u202e\u2066-\u2069]/u;
export const FOREIGN_SIGNS = new RegExp(FOREIGN, "gu");

/** @param {Bytes} bytes @returns {Cue[]} @throws {Malformed} unless they are a transcript's only spelling */
export function parseTranscript(bytes) {
  if (bytes.length > LONGEST) throw new Malformed("a transcript that is too long");
  const written = text(bytes);
  if (!written.startsWith("WEBVTT\n\n") || !written.endsWith("\n")) throw new Malformed("no WebVTT");
  const cues = written.slice("WEBVTT\n\n".length, -1).split("\n\n").map(cueOf);
  if (writeTranscript(cues) !== written) throw new Malformed("a transcript in another spelling than its only one");
  return cues;
}

/** @param {readonly Cue[]} cues @returns {string} @throws {Malformed} unless they are a transcript */
export function writeTranscript(cues) {
  if (cues.length === 0 || cues.length > MOST) throw new Malformed("no cue, or too many");
  let before = 0;
  const blocks = cues.map((cue, number) => {
    if (cue.begin < before || wrong(cue) !== null) throw new Malformed(`cue ${number + 1} is not as a transcript has it`);
    before = cue.end;
    const voice = cue.speaker && `<v ${escaped(cue.speaker)}>`;
    return `\n${timeOf(cue.begin)} --> ${timeOf(cue.end)}\n${voice}${escaped(cue.text)}\n`;
  });
  return `WEBVTT\n${blocks.join("")}`;
}

/**
 * Why one cue is not as a transcript has it, a code; null where it is.
 *
 * @param {Cue} cue @returns {"backwards" | "time" | "speaker" | "no-words" | "too-long" | "lines" | "foreign" | null}
 */
export function wrong({ begin, end, speaker, text }) {
  if (end > LATEST) return "time";
  if (!(begin >= 0 && begin < end)) return "backwards";
  if (speaker !== speaker.trim().replace(/\s+/g, " ") || [...speaker].length > LONGEST_NAME) return "speaker";
  if (text === "") return "no-words";
  if ([...text].length > LONGEST_TEXT) return "too-long";
  if (text.split("\n").some((line) => line === "" || line !== line.trim())) return "lines";
  return FOREIGN.test(speaker) || FOREIGN.test(text.replaceAll("\n", "")) ? "foreign" : null;
}

/** @param {number} at ms @returns {string} such as 00:01:02.500 */
export const timeOf = (at) => `${timecode(at * 1000)}.${String(at % 1000).padStart(3, "0")}`;

/** @param {string} block @returns {Cue} */
function cueOf(block) {
  const [timing = "", ...lines] = block.split("\n");
  const times = TIMING.exec(timing);
  if (!times) throw new Malformed("a cue without its times");
  const payload = lines.join("\n");
  const voice = VOICE.exec(payload);
  return {
    begin: milliseconds(times.slice(1, 5)),
    end: milliseconds(times.slice(5, 9)),
    speaker: plain(voice?.[1] ?? ""),
    text: plain(payload.slice(voice?.[0].length ?? 0)),
  };
}

/** @param {string[]} digits hours, minutes, seconds, thousandths */
function milliseconds(digits) {
  const [hours = 0, minutes = 0, seconds = 0, rest = 0] = digits.map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest;
}

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param {string} text */
const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
