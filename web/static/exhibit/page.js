// @ts-check
// The exhibit's page: open with a purpose, check in numbered steps, then play what is verified.
//
// Nothing is shown before steps 1 to 8 have passed (checks.js), and no second before step 9 has passed for it
// (film/film.js). What fails is said at once, at the top, and stays there.

import { Alarm, Trouble } from "./panels.js";
import { StepFailed } from "./checks.js";
import { Checklist } from "./checklist.js";
import { history } from "./custody.js";
import { NotProved, Unavailable } from "../proof/errors.js";
import { openExhibit } from "./exhibit_film.js";
import { happenings } from "./happenings.js";
import { post } from "../viewing/server.js";
import { showPassages } from "./passages.js";
import { Strip } from "../film/strip.js";
import { offerTranscripts } from "../transcript/reader.js";
import { Transport } from "../film/transport.js";
import { Verdict } from "./verdict.js";
import { element, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { makeDigest, momentText, plain, say } from "../page/words.js";
import { toHex } from "../proof/bytes.js";

/** @typedef {import("./checks.js").Proved} Proved */
/** @typedef {import("./exhibit_film.js").Given} Given */
/** @typedef {import("../film/film.js").Film} Film */
/** @typedef {import("./happenings.js").Cuts} Cuts */
/** @typedef {import("./passages.js").Passage} Passage */
/** @typedef {import("../film/stage.js").Stage} Stage */

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
  const told = async (/** @type {Proved} */ proved, /** @type {Given} */ bundle) => {
    showDigests(proved);
    element("history", HTMLElement).replaceChildren(...(await history(proved, bundle.names)));
    element("custody", HTMLElement).hidden = false;
  };
  const { bundle, film, stage, passages, left, cuts } = await openExhibit({ base, evidence, direct }, { report, trouble, told });
  checklist.show("fragments", "going");
  const transport = await present(film, stage, checklist, { passages, left, cuts });
  showTold(bundle);
  goWhereAsked(transport);
  return { film, transport };
}

/** A link may lead to a moment: `#at=` and seconds. @param {Transport} transport */
function goWhereAsked(transport) {
  const asked = /^#at=(\d{1,6})$/.exec(location.hash);
  if (asked) transport.go(Number(asked[1]) * 1_000_000);
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

/** @param {Given} bundle */
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
  const ledger = say("digest.ledger", { n: checkpoint.size, at: momentText(checkpoint.signedAt) });
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
