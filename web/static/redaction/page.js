// @ts-check
// The editor of one edit list: a part is opened with a purpose and proved as on its own page, then what to
// cover, silence and cut of it is edited, and each change is saved.
//
// The pieces: what is done (desk.js), keeping it (page/autosave.js, saving_state.js), one part on
// the bench (workbench.js), all edits in words (table.js), the order (order.js).

import { showTrouble } from "../exhibit/panels.js";
import { listChecks } from "../exhibit/checklist.js";
import { lacks } from "../exhibit/lacks.js";
import { openExhibit, whileOpening } from "../exhibit/open.js";
import { isTyped, latinKey } from "../page/keys.js";
import { Desk } from "./desk.js";
import { prepareOrder } from "./order.js";
import { showSavingState } from "./saving_state.js";
import { showEdits } from "./table.js";
import { sentence } from "./words.js";
import { openWorkbench } from "./workbench.js";
import { Autosave } from "../page/autosave.js";
import { post as save, read } from "../page/requests.js";
import { post } from "../viewing/server.js";
import { element, makeButton, onEvent, onPress } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { countText, momentText, say } from "../page/words.js";

/** @import { Edits, Voice } from "./edits.js" */
/** What the page came with. @typedef {{id: string, version: number, edits: Edits, parts: {evidence: string, number: number}[]}} Given */

const given = /** @type {Given} */ (JSON.parse(element("list", HTMLScriptElement).textContent ?? ""));
const parts = new Map(given.parts.map(({ evidence, number }) => [evidence, say("part", { number: countText(number) })]));
const address = `/redactions/${given.id}/edits`;
const pristine = element("player", HTMLElement).cloneNode(true);

const desk = new Desk(given.edits);
const keeping = new Autosave(given.version, {
  save: async (version, /** @type {Edits} */ edits) => (await save(address, { version, edits })).version,
  newest: async () => {
    const { version, edits } = await read(address);
    return { version, content: edits };
  },
  movedOn: "list-moved-on",
}, { quiet: 700, again: 4000, refused: null });
/** @type {ReturnType<typeof openWorkbench> | null} */
let bench = null;
/** The newest edits that are kept, or on their way. */
let latest = desk.edits;

showSavingState(address, desk, keeping);
showEdits(desk, parts, go);
prepareOrder(keeping);
for (const time of document.querySelectorAll("time")) time.textContent = momentText(new Date(time.dateTime));

// --- every change ---------------------------------------------------------------------------------

desk.addEventListener("change", () => {
  if (desk.edits !== latest) {
    latest = desk.edits;
    keeping.changed(latest);
  }
  showWhole();
});
onEvent(desk, "said", ({ code, values }) => {
  element("unfit", HTMLElement).hidden = true;
  element("said", HTMLElement).textContent = sentence(`said.${code}`, values);
});
onEvent(desk, "unfit", ({ code, values }) => {
  element("unfit", HTMLElement).textContent = sentence(`unfit.${code}`, values);
  element("unfit", HTMLElement).hidden = false;
});
onPress("undo", () => desk.undo());
onPress("redo", () => desk.redo());
document.addEventListener("keydown", (event) => {
  if (isTyped(event.target) || event.altKey || !(event.ctrlKey || event.metaKey)) return;
  const key = latinKey(event);
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) desk.redo();
  else desk.undo();
});

// --- the whole film -------------------------------------------------------------------------------

const blur = element("blur", HTMLInputElement);
const voices = element("voices", HTMLElement);
blur.addEventListener("change", () => desk.do((edits) => ({ ...edits, blur: blur.checked }), "changed"));
voices.addEventListener("change", () => {
  const chosen = voices.querySelector("input:checked");
  const voice = /** @type {Voice} */ (/** @type {HTMLInputElement} */ (chosen).value);
  desk.do((edits) => ({ ...edits, voice }), "changed");
});

function showWhole() {
  const { edits } = desk;
  blur.checked = edits.blur;
  for (const input of voices.querySelectorAll("input")) input.checked = input.value === edits.voice;
  element("undo", HTMLButtonElement).disabled = !desk.canUndo;
  element("redo", HTMLButtonElement).disabled = !desk.canRedo;
}
showWhole();

// --- opening a part -------------------------------------------------------------------------------

const opening = element("opening", HTMLFormElement);
const lacking = lacks();
if (lacking) showTrouble(lacking);
element("open", HTMLButtonElement).disabled = lacking !== null; // before, a press would only have loaded the page anew

opening.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = new FormData(opening);
  await open(String(chosen.get("part")), String(chosen.get("purpose")), null);
});

let busy = false;

/** @param {string} evidence @param {string} purpose @param {number | null} at where to go in it, µs */
async function open(evidence, purpose, at) {
  if (busy) return;
  busy = true;
  try {
    await whileOpening(async () => {
      const { viewing } = await post(`/evidence/${evidence}/viewings`, { purpose });
      opening.hidden = true;
      await show(viewing, evidence, purpose);
      if (at !== null) bench?.go(at);
    }, () => void open(evidence, purpose, at));
  } finally {
    busy = false;
    if (bench === null) opening.hidden = false;
  }
}

/** @param {string} viewing its id @param {string} evidence @param {string} purpose */
async function show(viewing, evidence, purpose) {
  bench?.close();
  bench = null;
  for (const id of ["bench", "faces"]) element(id, HTMLElement).hidden = true;
  element("player", HTMLElement).replaceWith(pristine.cloneNode(true));
  element("checks", HTMLElement).replaceChildren();
  element("checking", HTMLElement).hidden = false;
  const report = listChecks(element("checks"));
  // A store may give ciphertext to the exhibit's own page alone; here all of it comes from the center.
  const base = `/viewings/${viewing}`;
  const exhibit = await openExhibit({ base, evidence, direct: false }, { report });
  report("fragments", "going");
  for (const id of ["bench", "faces"]) element(id, HTMLElement).hidden = false;
  desk.open(evidence, exhibit.film.timeline.end);
  bench = openWorkbench(exhibit, desk, { list: given.id, viewing });
  showParts(evidence, purpose);
  element("play", HTMLButtonElement).focus();
}

/** The other parts, each opened for the same purpose, and on the record like this one. @param {string} evidence @param {string} purpose */
function showParts(evidence, purpose) {
  const bar = element("parts", HTMLElement);
  bar.replaceChildren(
    ...[...parts].map(([one, name]) => {
      const button = makeButton("segment", name, () => one !== desk.part?.evidence && void open(one, purpose, null));
      button.setAttribute("aria-pressed", String(one === evidence));
      return button;
    }),
  );
  element("parts-line", HTMLElement).hidden = parts.size < 2;
  element("said", HTMLElement).textContent = say("said.opened", { part: parts.get(evidence) ?? "", length: timecode(desk.part?.end ?? 0) });
}

/** To a moment of a part: where it is not open, its opening is prepared, and why is asked there. @param {string} evidence @param {number} at */
function go(evidence, at) {
  if (desk.part?.evidence === evidence) {
    bench?.film.pause();
    return bench?.go(at);
  }
  if (desk.part) return void open(evidence, String(new FormData(opening).get("purpose")), at);
  const part = opening.querySelector(`input[name=part][value="${evidence}"]`);
  if (part instanceof HTMLInputElement && part.type === "radio") part.checked = true;
  opening.scrollIntoView({ block: "nearest" });
  /** @type {HTMLElement | null} */ (opening.querySelector("input[name=purpose]"))?.focus();
}
