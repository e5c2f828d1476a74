// @ts-check
// The exhibit's page once it is opened: check in numbered steps, then play what is verified.
//
// Nothing is shown before steps 1 to 8 have passed (checks.js), and no second before step 9 has passed for it
// (film/film.js). What fails is said at once, at the top, and stays there.

import { carryOver } from "./carried.js";
import { listChecks } from "./checklist.js";
import { showCustody } from "./custody.js";
import { control, openExhibit, whileOpening } from "./open.js";
import { listHappenings } from "./happening_list.js";
import { happenings } from "./happenings.js";
import { ClipLists, ClipPanel } from "../film/clips.js";
import { Presenting } from "../film/presenting.js";
import { post } from "../viewing/server.js";
import { openTranscript, troubleWords } from "../transcript/opened.js";
import { offerTranscripts } from "../transcript/reader.js";
import { showVerdict } from "./verdict.js";
import { addFact, element, inside, make } from "../page/elements.js";
import { prepareForPaper } from "../page/paper.js";
import { makeDigest, momentText, plain, say } from "../page/words.js";
import { toHex } from "../proof/bytes.js";

/** @import { Carried } from "./carried.js" */
/** @import { Proved } from "./checks.js" */
/** @import { Given } from "./open.js" */

prepareForPaper("#custody-entries");

/**
 * Opens it for the purpose in its form, which is stated, or shows again what was opened before.
 *
 * @param {HTMLFormElement} opening @param {Carried | null} [carried]
 */
export async function openHere(opening, carried = null) {
  const { evidence = "" } = opening.dataset;
  const purpose = carried?.purpose ?? String(new FormData(opening).get("purpose"));
  await whileOpening(async () => {
    const { viewing, direct } = carried ?? (await post(`/evidence/${evidence}/viewings`, { purpose }));
    opening.hidden = true;
    const { film, transport, presenting } = await open(`/viewings/${viewing}`, evidence, direct === true);
    element("audience-nameless-choice").hidden = purpose !== "hearing";
    if (carried) transport.go(carried.at);
    carryOver({ evidence, viewing, direct, purpose }, () => film.at);
    offerTranscripts(film, {
      open: (transcript) => openTranscript(transcript, purpose),
      troubleWords,
      go: (at) => transport.go(at),
      captions: (said) => (presenting.said = said),
    });
  }, () => location.reload());
}

/** @param {string} base of the viewing @param {string} evidence @param {boolean} direct reading is possible */
async function open(base, evidence, direct) {
  element("opened", HTMLElement).hidden = false;
  const report = listChecks(element("checks"));
  let trial = false;
  let manifest = "";
  const onProved = async (/** @type {Proved} */ proved, /** @type {Given} */ bundle) => {
    ({ trial } = proved.policy);
    manifest = proved.digest;
    showDigests(proved);
    await showCustody(proved, bundle.names);
  };
  const exhibit = await openExhibit({ base, evidence, direct }, { report, onProved });
  report("fragments", "going");
  const transport = control(exhibit);
  const { film, stage, cuts, left, passages } = exhibit;
  const presenting = new Presenting();
  presenting.show(film, stage, passages);
  const { begin: from, end: to } = film.timeline;
  const recordings = [{ evidence, manifest, name: inside(document, ".exhibit h1").textContent ?? "", here: { from, to }, excluded: passages }];
  new ClipPanel(new ClipLists(), () => recordings, async () => false, () => presenting.isOpen).follow(film, transport, evidence);
  showVerdict(film, report, { trial, left: left.length > 0 });
  element("play", HTMLButtonElement).focus();
  listHappenings(happenings(film, await film.events(), cuts, left), transport, pictureLink);
  showStated(exhibit.bundle);
  const [, seconds] = /^#at=(\d{1,6})$/.exec(location.hash) ?? []; // a link may lead to a moment: so many seconds
  if (seconds) transport.go(Number(seconds) * 1_000_000);
  return { film, transport, presenting };
}

/** The page of a picture that was shown in the room: it is opened there, for a purpose. @param {import("./happenings.js").ShownPicture} shown */
function pictureLink({ evidence, kind }) {
  const href = `/${kind === "derivative" ? "derivatives" : "photographs"}/${evidence}`;
  return make("a", { href, target: "_blank", rel: "noopener" }, say("shown.open"));
}

/** @param {Given} bundle */
function showStated({ stated }) {
  if (!stated) return;
  const facts = element("stated-facts", HTMLElement);
  const present = (stated.present ?? []).map(({ who, role }) => (role ? `${who} (${role})` : who));
  const entries = [["fact.place", stated.place], ["fact.present", present.join(" · ")], ["fact.wish", stated.wish]];
  for (const [code, value] of /** @type {[string, string][]} */ (entries)) {
    if (value) addFact(facts, say(code), make("bdi", "", plain(value)));
  }
  element("stated", HTMLElement).hidden = facts.childElementCount === 0;
}

/** @param {Proved} proved */
function showDigests({ policy, manifest, checkpoint, digest }) {
  const add = (/** @type {string} */ name, /** @type {string} */ hex) => addFact(element("digest-list"), name, makeDigest(hex));
  add(say("digest.policy"), policy.fingerprint);
  add(say("digest.manifest"), digest);
  add(say("digest.root"), manifest.root);
  add(say("digest.index"), manifest.index);
  add(say("digest.ledger", { n: checkpoint.size, at: momentText(checkpoint.signedAt) }), toHex(checkpoint.root));
  element("digests", HTMLElement).hidden = false;
}
