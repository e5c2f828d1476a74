// @ts-check
// One recording of the center, opened on a page: proved in the numbered steps (checks.js), then its film on the stage,
// under the page's controls. What fails is said at once, at the top, and stays there.
//
// Nothing is put onto the stage before steps 1 to 8 have passed, and no second before step 9 has passed for it.

import { checkHeader, checkRecording } from "./checks.js";
import { Unavailable } from "../proof/errors.js";
import { cutsOf } from "../proof/recording/excerpts.js";
import { Film } from "../film/film.js";
import { trackName } from "./happenings.js";
import { hideTrouble, showAltered, showFailure, showTrouble, showUnavailable } from "./panels.js";
import { overlap, passagesOf, showPassages, without } from "./passages.js";
import { excerptSource, read, viewingSource } from "../viewing/server.js";
import { Stage } from "../film/stage.js";
import { showStrip } from "../film/strip.js";
import { Transport } from "../film/transport.js";
import { element, onEvent } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

/** @import { Bundle, Proved, Report } from "./checks.js" */
/** @import { Cuts } from "./happenings.js" */
/** @import { Passage } from "./passages.js" */
/**
 * What the server says without a proof.
 *
 * @typedef {object} Unproved
 * @property {number[] | null} allowed indices of the records that may be opened, where only an excerpt was granted
 * @property {number[]} withheld indices of those that are left out, since a court has excluded them
 * @property {Record<string, string>} names by position in the ledger
 * @property {{place: string, present: {who: string, role: string}[], wish: string} | null} stated
 */
/** @typedef {Bundle & Unproved} Given */
/** `direct`: whether a store may give ciphertext. @typedef {{base: string, evidence: string, direct: boolean}} Viewing */
/**
 * Who hears of its opening. `onProved`: everything but the film's own header is proved.
 *
 * @typedef {{report: Report, onProved?: (proved: Proved, bundle: Given) => Promise<void>}} Hearers
 */
/**
 * @typedef {object} Exhibit
 * @property {Given} bundle @property {Film} film @property {Stage} stage
 * @property {Passage[]} passages excluded by a court @property {Passage[]} left those that are left out of the film
 * @property {Cuts | null} cuts where only an excerpt was granted
 */

/** Opens a recording: its button says so meanwhile. @param {() => Promise<void>} open @param {() => void} again where it failed */
export async function whileOpening(open, again) {
  const button = element("open", HTMLButtonElement);
  const label = button.textContent;
  button.disabled = true;
  button.textContent = say("opening");
  hideTrouble();
  try {
    await open();
  } catch (error) {
    showFailure(error, again);
  } finally {
    button.disabled = false;
    button.textContent = label;
  }
}

/** @param {Viewing} viewing opened before @param {Hearers} hearers @returns {Promise<Exhibit>} @throws {NotProved | Unavailable} */
export async function openExhibit({ base, evidence, direct }, { report, onProved }) {
  const bundle = /** @type {Given} */ (await read(`${base}/proof`));
  const proved = await checkRecording(bundle, evidence, report);
  await onProved?.(proved, bundle);

  report("header", "running");
  const allowed = bundle.allowed && new Set(bundle.allowed);
  const reached = allowed ? proved.records.filter(({ index }) => allowed.has(index)) : proved.records;
  const passages = passagesOf(proved.statements, evidence);
  const withheld = new Set(bundle.withheld);
  const left = withheld.size > 0 ? passages : [];
  const part = allowed || withheld.size > 0;
  const source = part ? excerptSource(base, without(reached, withheld), reached) : viewingSource(base, reached, direct);
  const film = new Film(source);
  const stage = new Stage((await film.open()).tracks);
  film.show(stage.elements);
  watch(film, stage, left);
  try {
    await checkHeader(film.header, proved, report);
  } catch (error) {
    film.close();
    throw error;
  }
  return { bundle, film, stage, passages, left, cuts: allowed && cutsOf(reached, proved.manifest) };
}

/** Puts it under the page's controls. @param {Exhibit} exhibit */
export function control({ film, stage, passages, left }) {
  element("player").hidden = false;
  const transport = new Transport(film, stage);
  showStrip(element("strip", SVGSVGElement), film, left);
  onEvent(film, "failed", ({ at, track, index, reason }) => {
    showAltered(film, { at, track, reason, kind: film.record(index)?.kind }, (moment) => transport.go(moment));
    transport.markFailed(at, say("alarm.altered", { at: timecode(at) }));
  });
  showPassages(passages, film, stage, transport, left.length > 0 ? "left-out" : "given");
  return transport;
}

/** Tells what happens to the film on the stage and at the top. @param {Film} film @param {Stage} stage @param {readonly Passage[]} left out by order */
function watch(film, stage, left) {
  stage.follow(film, (gap) => (left.some((one) => overlap(one, gap)) ? "excluded.gap" : "note.gap"));
  film.addEventListener("play", hideTrouble);
  onEvent(film, "unavailable", ({ code, message, words }) => {
    showUnavailable(new Unavailable(code, message, words ?? undefined), () => film.play());
  });
  for (const trouble of ["unplayable", "unhearable"]) {
    onEvent(film, trouble, ({ track, at }) => showTrouble(trouble, { track: trackName(film, track), at: timecode(at) }));
  }
}
