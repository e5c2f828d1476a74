// @ts-check
// The transcripts of a recording in a package: which there are, who accepted them, and their cues, out of proved pieces.
//
// That a transcript says what was said is not proved, nor is what its recipe says of its language: people wrote both.

import { fileName } from "./names.js";
import { unreadText } from "./shown_files.js";
import { Malformed } from "../proof/errors.js";
import { newestCheck } from "../proof/ledger/chains.js";
import { ORIGINAL } from "../proof/recording/records.js";
import { element, make } from "../page/elements.js";
import { say, word } from "../page/words.js";
import { offerTranscripts } from "../transcript/reader.js";
import { LONGEST, parseTranscript } from "../transcript/webvtt.js";

/** @import { Film } from "../film/film.js" */
/** @import { Presenting } from "../film/presenting.js" */
/** @import { Transport } from "../film/transport.js" */
/** @import { FileItem, Item, Verdict } from "../package/verify.js" */

/**
 * The transcripts of a recording.
 *
 * @param {string} evidence of the recording @param {Verdict} verdict
 * @returns {{file: FileItem, language: string, translates: boolean, accepted: boolean}[]} `language` is empty where none is
 *   named; `accepted`: whether a second person did, and has not said otherwise since
 */
export function transcriptsOf(evidence, { files }) {
  return files.filter(({ recipe, sources }) => recipe?.kind === "transcript" && sources.some((one) => one.evidence === evidence))
    .map((file) => {
      const { language, translates } = file.recipe?.edits ?? {};
      const accepted = newestCheck(file.chain)?.statement.body.accepted === true;
      return { file, language: isLanguage(language) ? language : "", translates: Boolean(translates), accepted };
    });
}

/** ISO 639-1. @param {unknown} language @returns {language is string} */
const isLanguage = (language) => typeof language === "string" && /^[a-z]{2}$/.test(language);

/** @param {FileItem} file of a transcript @returns {Promise<import("../transcript/webvtt.js").Cue[]>} @throws {NotProved} */
export async function readCues({ film, description }) {
  if (description.size > LONGEST) throw new Malformed("a transcript that is too long");
  const pieces = [];
  for await (const piece of film.pieces(ORIGINAL)) pieces.push(piece);
  return parseTranscript(new Uint8Array(await new Blob(pieces).arrayBuffer())); // a center may have sealed each byte alone
}

/**
 * Offers them under the film.
 *
 * @param {Item} item @param {Film} film open @param {Verdict} verdict @param {Transport} transport @param {Presenting} presenting takes captions
 */
export function offerPackaged(item, film, verdict, transport, presenting) {
  const transcripts = transcriptsOf(item.evidence, verdict);
  if (transcripts.length === 0) return;
  const choices = transcripts.map(({ file, language, translates, accepted }) => {
    const name = say(translates ? "transcript.into" : "transcript.in", { language: language ? word("language", language) : say("language.none") });
    const state = say(accepted ? "transcript.accepted" : "transcript.unaccepted");
    const button = make("button", "", [name, fileName(file), state].join(" · "));
    button.type = "button";
    button.dataset.transcript = file.evidence;
    button.setAttribute("aria-pressed", "false");
    return button;
  });
  element("transcript-choices").replaceChildren(...choices);
  element("transcripts-outside").hidden = !item.excerpt;
  const byId = new Map(transcripts.map((one) => [one.file.evidence, one]));
  offerTranscripts(film, {
    open: async (transcript) => {
      const { file, language } = /** @type {{file: FileItem, language: string}} */ (byId.get(transcript));
      return { cues: await readCues(file), language };
    },
    troubleWords: (error) => (error instanceof Malformed ? say("transcript.unread") : unreadText(error)),
    go: (at) => transport.go(at),
    captions: (said) => (presenting.said = said),
  });
}
