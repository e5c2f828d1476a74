// @ts-check
// A recording opened on a page where somebody works beside it: checked as on the exhibit's page (page.js), and
// played under the same controls. What fails is said at once, at the top, and stays there.
//
// The page has film.html, and the panels `alarm` and `trouble`.

import { Alarm, Trouble } from "./panels.js";
import { checkHeader, checkRecording, StepFailed } from "./checks.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { Film } from "../film/film.js";
import { trackName } from "./happenings.js";
import { passagesOf, showPassages } from "./passages.js";
import { post, read, viewingSource } from "../viewing/server.js";
import { Stage } from "../film/stage.js";
import { Strip } from "../film/strip.js";
import { Transport } from "../film/transport.js";
import { element } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

const alarm = new Alarm();
export const trouble = new Trouble();

/** @param {unknown} error @param {() => void} again */
export function tellFailure(error, again) {
  if (error instanceof StepFailed) alarm.step(error);
  else if (error instanceof NotProved) alarm.unopened(error);
  else if (error instanceof Unavailable) trouble.show(error, again);
  else throw error;
}

/**
 * Opens it, which is stated before anything is given; the viewing's id, the film and its controls.
 *
 * @param {string} evidence @param {string} purpose
 * @throws {NotProved | Unavailable}
 */
export async function openRecording(evidence, purpose) {
  const { viewing, direct } = await post(`/evidence/${evidence}/viewings`, { purpose });
  const base = `/viewings/${viewing}`;
  const unsaid = () => {}; // the steps are listed on the exhibit's page; here one that fails is told
  const proved = await checkRecording(await read(`${base}/proof`), evidence, unsaid);
  /** @type {Stage | undefined} */
  let stage;
  const source = viewingSource(base, proved.records, direct === true);
  const film = new Film(source, { elements: (tracks) => (stage = new Stage(tracks)).elements });
  await film.open();
  if (!stage) throw new Error("a film without a stage");
  try {
    await checkHeader(film.header, proved, unsaid);
  } catch (error) {
    film.close();
    throw error;
  }
  element("player", HTMLElement).hidden = false;
  const transport = new Transport(film, stage);
  new Strip(element("strip", SVGSVGElement), film);
  watch(film, stage, transport);
  showPassages(passagesOf(proved.statements, evidence), film, stage, transport, "given");
  return { viewing, film, transport };
}

/** @param {Film} film @param {Stage} stage @param {Transport} transport */
function watch(film, stage, transport) {
  const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
  film.addEventListener("presence", (event) => stage.present(detail(event).present, detail(event).shown));
  film.addEventListener("waiting", (event) => stage.wait(detail(event).waiting));
  film.addEventListener("play", () => { stage.note(""); trouble.hide(); });
  film.addEventListener("ended", () => stage.note(say("note.ended")));
  film.addEventListener("failed", (event) => {
    const { at, track, index, reason } = detail(event);
    alarm.altered(film, { at, track, reason, kind: film.record(index)?.kind }, (moment) => transport.go(moment));
    transport.markFailed(at, say("alarm.altered", { at: timecode(at) }));
  });
  film.addEventListener("unavailable", (event) => {
    const { code, message, words } = detail(event);
    trouble.show(new Unavailable(code, message, words ?? undefined), () => film.play());
  });
  film.addEventListener("unplayable", (event) => {
    const { track, at } = detail(event);
    trouble.say("unplayable", { track: trackName(film, track), at: timecode(at) });
  });
}
