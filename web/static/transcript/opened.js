// @ts-check
// A kept transcript that is opened, which is stated: fetched sealed, held against its records, read in its one spelling.

import { text } from "../proof/bytes.js";
import { CheckError, NotProved } from "../proof/errors.js";
import { Opened } from "../viewing/opened_file.js";
import { ORIGINAL, RECIPE } from "../proof/recording/records.js";
import { troubleText } from "../page/trouble.js";
import { parseTranscript } from "./webvtt.js";

/** @import { Cue } from "./webvtt.js" */
/** @typedef {{sha256: string, size: number}} FileDescription */
/** @typedef {FileDescription & {name: string}} Input a file that it was begun with */

/**
 * @param {string} derivative @param {string} purpose
 * @returns {Promise<{cues: Cue[], language: string, description: FileDescription, inputs: Input[]}>}
 * @throws {NotProved | import("../proof/errors.js").Unavailable}
 */
export async function openTranscript(derivative, purpose) {
  const opened = await Opened.open(derivative, purpose);
  /** @type {FileDescription} */
  const description = await opened.description();
  const { edits, inputs } = JSON.parse(text(await opened.content(opened.track(RECIPE))));
  const content = await opened.content(opened.track(ORIGINAL));
  if (content.length !== description.size) throw new NotProved("incomplete", "the transcript is longer or shorter than was sealed");
  return { cues: parseTranscript(content), language: edits.language, description, inputs };
}

/** Why it could not be opened, for people. @param {unknown} error */
export function troubleWords(error) {
  if (!(error instanceof CheckError)) throw error;
  return troubleText(error, "transcript.altered", "transcript.trouble");
}
