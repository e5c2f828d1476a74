// @ts-check
// The exhibit's page: open with a purpose, check in numbered steps, then play what is verified.
//
// Nothing is shown before steps 1 to 8 have passed (checks.js), and no second before step 9 has passed for it
// (film.js). What fails is said at once, at the top, and stays there.

import { Alarm, Trouble } from "./alarm.js";
import { checkHeader, checkRecording, StepFailed } from "./checks.js";
import { Checklist } from "./checklist.js";
import { history } from "./custody.js";
import { NotProved, Unavailable } from "./errors.js";
import { Film } from "./film.js";
import { happenings, trackName } from "./happenings.js";
import { cutsOf } from "./excerpts.js";
import { ask, excerptSource, post, viewingSource, whole } from "./server.js";
import { overlap, passagesOf, showPassages, without } from "./passages.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { offerTranscripts } from "./transcript_reader.js";
import { Transport } from "./transport.js";
import { Verdict } from "./verdict.js";
import { element, make, makeButton, makeDigest, momentText, plain, say, timecode } from "./words.js";
import { toHex } from "./bytes.js";

/** @typedef {import("./checks.js").Bundle} Bundle */
/** @typedef {import("./checks.js").Proved} Proved */
/** @typedef {import("./happenings.js").Cuts} Cuts */
/** @typedef {import("./passages.js").Passage} Passage */
/**
 * What the server tells beside the proofs, on its own word.
 *
 * @typedef {object} Told
 * @property {number[] | null} allowed indices of the records that may be opened, where only an excerpt was granted
 * @property {number[]} withheld indices of those that are left out, since a court has excluded them
 * @property {Record<string, string>} names by position in the ledger
 * @property {{place: string, present: {who: string, role: string}[], wish: string} | null} told
 */

const GAP_NOTE = 5000; // ms

const opening = document.getElementById("opening");
const alarm = new Alarm();
const trouble = new Trouble();

for (const time of document.querySelectorAll("time")) time.textContent = momentText(new Date(time.dateTime));

// Browsers do cryptography only over secure connections; without it nothing could be checked, so nothing is asked for.
const lacks = !isSecureContext ? "insecure" : typeof MediaSource === "undefined" ? "no-player" : null;
if (lacks && opening) {
  trouble.say(lacks, {});
}

if (opening instanceof HTMLFormElement) {
  opening.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = element("open", HTMLButtonElement);
    const label = button.textContent;
    button.disabled = true;
    button.textContent = say("opening");
    trouble.hide();
    try {
      const purpose = new FormData(opening).get("purpose");
      const { viewing, direct } = await post(`/evidence/${opening.dataset.evidence}/viewings`, { purpose });
      opening.hidden = true;
      const opened = await open(`/viewings/${viewing}`, opening.dataset.evidence ?? "", direct === true);
      offerTranscripts(opened.film, String(purpose), (at) => opened.transport.go(at));
    } catch (error) {
      fail(error, () => location.reload());
    } finally {
      button.disabled = false;
      button.textContent = label;
    }
  });
  element("open", HTMLButtonElement).disabled = lacks !== null; // before, a press would only have loaded the page anew
}

/** @param {unknown} error @param {() => void} again */
function fail(error, again) {
  if (error instanceof StepFailed) alarm.step(error);
  else if (error instanceof NotProved) alarm.unopened(error);
  else if (error instanceof Unavailable) trouble.show(error, again);
  else throw error;
}

/** @param {string} base of the viewing @param {string} evidence @param {boolean} direct reading is possible */
async function open(base, evidence, direct) {
  element("opened", HTMLElement).hidden = false;
  const checklist = new Checklist(element("checks", HTMLElement));
  const report = checklist.show.bind(checklist);
  const bundle = /** @type {Bundle & Told} */ (await whole((await ask(`${base}/proof`)).json()));
  const proved = await checkRecording(bundle, evidence, report);
  showDigests(proved);
  element("history", HTMLElement).replaceChildren(...(await history(proved, bundle.names)));
  element("custody", HTMLElement).hidden = false;

  report("header", "running");
  const allowed = bundle.allowed && new Set(bundle.allowed);
  const reached = allowed ? proved.records.filter(({ index }) => allowed.has(index)) : proved.records;
  const passages = passagesOf(proved.statements, evidence);
  const withheld = new Set(bundle.withheld);
  const left = withheld.size > 0 ? passages : [];
  const part = allowed || withheld.size > 0;
  const source = part ? excerptSource(base, without(reached, withheld), reached) : viewingSource(base, reached, direct);
  const { film, stage } = await openFilm(source, left);
  try {
    await checkHeader(film.header, proved, report);
  } catch (error) {
    film.close();
    throw error;
  }
  checklist.show("fragments", "going");
  const transport = await present(film, stage, checklist, { passages, left, cuts: allowed && cutsOf(reached, proved.manifest) });
  showTold(bundle);
  goWhereAsked(transport);
  return { film, transport };
}

/** A link may lead to a moment: `#at=` and seconds. @param {Transport} transport */
function goWhereAsked(transport) {
  const asked = /^#at=(\d{1,6})$/.exec(location.hash);
  if (asked) transport.go(Number(asked[1]) * 1_000_000);
}

/** @param {import("./opening.js").Source} source @param {readonly Passage[]} left out by order */
async function openFilm(source, left) {
  /** @type {Stage | undefined} */
  let stage;
  const film = new Film(source, { elements: (tracks) => (stage = new Stage(tracks)).elements });
  await film.open();
  if (!stage) throw new Error("a film without a stage");
  watch(film, stage, left);
  return { film, stage };
}

/**
 * Tells what happens to the film on the stage and at the top.
 *
 * @param {Film} film @param {Stage} stage @param {readonly Passage[]} left out by order
 */
function watch(film, stage, left) {
  const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
  film.addEventListener("presence", (event) => stage.present(detail(event).present, detail(event).shown));
  film.addEventListener("waiting", (event) => stage.wait(detail(event).waiting));
  film.addEventListener("play", () => { stage.note(""); trouble.hide(); });
  film.addEventListener("ended", () => stage.note(say("note.ended")));
  film.addEventListener("gap", (event) => {
    const { from, to } = detail(event);
    const code = left.some((one) => overlap(one, { from, to })) ? "excluded.gap" : "note.gap";
    if (to - from > 300_000) stage.note(say(code, { from: timecode(from), to: timecode(to) }), GAP_NOTE);
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

/**
 * What of the recording is not there, or not to be used.
 *
 * @typedef {{passages: readonly Passage[], left: readonly Passage[], cuts: Cuts | null}} Limits
 */

/** @param {Film} film @param {Stage} stage @param {Checklist} checklist @param {Limits} limits */
async function present(film, stage, checklist, limits) {
  element("player", HTMLElement).hidden = false;
  const transport = new Transport(film, stage);
  new Strip(element("strip", SVGSVGElement), film, limits.left);
  new Verdict(film, checklist, trouble, limits.left.length > 0);
  film.addEventListener("failed", (event) => {
    const { at, track, index, reason } = /** @type {CustomEvent} */ (event).detail;
    const kind = film.record(index)?.kind;
    alarm.altered(film, { at, track, reason, kind }, (moment) => transport.go(moment));
    transport.markFailed(at, say("alarm.altered", { at: timecode(at) }));
  });
  element("play", HTMLButtonElement).focus();
  showPassages(limits.passages, film, stage, transport, limits.left.length > 0 ? "left-out" : "given");
  await showHappenings(film, transport, limits);
  return transport;
}

/** @param {Film} film @param {Transport} transport @param {Limits} limits */
async function showHappenings(film, transport, { cuts, left }) {
  const found = happenings(film, await film.events(), cuts, left);
  const list = element("happenings", HTMLElement);
  for (const { at, sentence, weight } of found) {
    const item = make("li", `happening happening-${weight}`);
    const button = makeButton("link numeral", timecode(at), () => transport.go(at));
    button.dir = "ltr";
    item.append(button, " ", make("span", "", sentence));
    list.append(item);
  }
  element("nothing-happened", HTMLElement).hidden = found.length > 0;
  element("happened", HTMLElement).hidden = false;
  transport.mark(found);
}

/** @param {Told} bundle */
function showTold({ told }) {
  if (!told) return;
  const facts = element("told-facts", HTMLElement);
  const present = (told.present ?? []).map(({ who, role }) => (role ? `${who} (${role})` : who));
  const entries = [["fact.place", told.place], ["fact.present", present.join(" · ")], ["fact.wish", told.wish]];
  for (const [code, value] of /** @type {[string, string][]} */ (entries)) {
    if (!value) continue;
    const answer = make("dd");
    answer.append(make("bdi", "", plain(value)));
    facts.append(make("dt", "", say(code)), answer);
  }
  element("told", HTMLElement).hidden = facts.childElementCount === 0;
}

/** @param {Proved} proved */
function showDigests({ policy, manifest, checkpoint, digest }) {
  const list = element("digest-list", HTMLElement);
  const ledger = say("digest.ledger", { size: checkpoint.size, at: momentText(checkpoint.signedAt) });
  for (const [name, hex] of /** @type {[string, string][]} */ ([
    [say("digest.policy"), policy.fingerprint],
    [say("digest.manifest"), digest],
    [say("digest.root"), manifest.root],
    [say("digest.index"), manifest.index],
    [ledger, toHex(checkpoint.root)],
  ])) {
    const answer = make("dd");
    answer.append(makeDigest(hex));
    list.append(make("dt", "", name), answer);
  }
  element("digests", HTMLElement).hidden = false;
}
