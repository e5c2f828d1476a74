// @ts-check
// A kept transcript that is opened, which is stated: fetched sealed, held against its records, read in its one spelling.

import { text } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { Opened } from "../viewing/opened_file.js";
import { ORIGINAL, RECIPE } from "../proof/recording/records.js";
import { parseTranscript } from "./webvtt.js";

/** @import { Cue } from "./webvtt.js" */
/** @typedef {{sha256: string, size: number}} FileTold */
/** @typedef {{edits: {language: string}, inputs: {name: string, sha256: string, size: number}[]}} Recipe */

/**
 * @param {string} derivative @param {string} purpose
 * @returns {Promise<{cues: Cue[], told: FileTold, recipe: Recipe}>}
 * @throws {NotProved | import("../proof/errors.js").Unavailable}
 */
export async function openTranscript(derivative, purpose) {
  const opened = await Opened.open(derivative, purpose);
  /** @type {FileTold} */
  const told = await opened.told();
  const recipe = JSON.parse(text(await opened.content(opened.track(RECIPE))));
  const content = await opened.content(opened.track(ORIGINAL));
  if (content.length !== told.size) throw new NotProved("incomplete", "the transcript is longer or shorter than was sealed");
  return { cues: parseTranscript(content), told, recipe };
}
