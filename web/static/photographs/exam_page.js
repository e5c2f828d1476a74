// @ts-check
// A guided set: where the injuries are, what they are, and which pictures of each are still to be taken.
//
// Pictures go up at once when they are taken (uploading.js, exam_frames.js); what is noted is kept each time it changes
// (exam_notes.js).

import { copyOf, element, elementIfAny, elements, inside, makeButton, setText } from "../page/elements.js";
import { say } from "../page/words.js";
import { BodyMap } from "./body_map.js";
import { Frames } from "./exam_frames.js";
import { keepNotes, notesOf } from "./exam_notes.js";
import { IDENTIFYING, keyOf, missing, put, VIEWS } from "./exam_places.js";
import { regionBoxes } from "./regions.js";
import { ofCase, Uploading } from "./uploading.js";

/** @import { Placed } from "./body_map.js" */
/** @import { Injury } from "./exam_places.js" */

const MOST = 99; // injuries
const json = (/** @type {string} */ id) => JSON.parse(element(id).textContent ?? "null");

const set = element("set");
const editable = "editable" in set.dataset;
const open = "open" in set.dataset;
/** Whether she has refused intimate photographs: then none is agreed to here. */
const refused = "refused" in set.dataset;

/** @type {Injury[]} */
const injuries = json("notes").injuries;
/** How many the other side knows of, also where they cannot be read now. */
const known = Number(set.dataset.noted);
/** Regions in which nothing is seen. @type {Set<string>} */
const unseen = new Set(json("notes").unseen);
/** Regions that she did not want to have examined. @type {Set<string>} */
const declined = new Set(json("notes").declined);
/** Numbers of the photographs in a place. @type {Map<string, number[]>} */
const filled = new Map(json("filled").map((/** @type {any[]} */ [injury, view, numbers]) => [keyOf({ injury, view }), numbers]));
/** Injuries that have an intimate picture: the other side takes no others of them. @type {Set<number>} */
const fixed = new Set(json("intimate"));
/** Injuries whose pictures are intimate. @type {Set<number>} */
const intimate = new Set(fixed);
/** Those to whose pictures she has agreed in particular; none is sealed before. @type {Set<number>} */
const agreed = new Set(fixed);
for (const [at, injury] of injuries.entries()) {
  if (injury.intimate) intimate.add(at + 1);
  if (injury.agreed) agreed.add(at + 1);
}
/** @type {number | null} */
let chosen = null;

const notes = keepNotes(`/exams/${set.dataset.exam}`, Number(set.dataset.newest));
const uploading = new Uploading(ofCase(set.dataset.case ?? "", set.dataset.person ?? ""));
const frames = new Frames({ exam: set.dataset.exam ?? "", open, filled, intimate, agreed, fix, changed: draw, choicesChanged: showChoices }, uploading);
const regions = regionBoxes(injuries, unseen, declined, editable, () => changed(true));
const map = new BodyMap(injuries, editable, {
  choose: (at) => choose(at, true),
  moved: (at) => {
    showPlace(at);
    changed();
  },
  add: addInjury,
  isComplete,
});

/** @param {number} at */
function isComplete(at) {
  return VIEWS.every((view) => filled.has(keyOf({ injury: at + 1, view })));
}

const count = () => Math.max(injuries.length, editable ? 0 : known);

function draw() {
  map.draw(chosen);
  showNumbers();
  regions.draw();
  showMissing();
}

/** The list of the injuries by number; one of them is shown. */
function showNumbers() {
  const list = element("injury-numbers");
  while (list.children.length < count()) {
    const at = list.children.length;
    list.append(makeButton("injury-number", String(at + 1), () => choose(at, true)));
  }
  for (const [at, button] of elements(".injury-number").entries()) {
    const removed = Boolean(injuries[at]?.removed);
    button.setAttribute("aria-label", say(removed ? "removed" : "pin", { number: at + 1 }));
    if (at === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.classList.toggle("complete", isComplete(at));
    button.classList.toggle("removed", removed);
  }
}

function showMissing() {
  const lacking = [...missing(count(), injuries, filled), ...regions.missing()];
  const words = lacking.length ? say("missing", { what: lacking.join(say("and")) }) : say("nothing");
  setText("missing", words);
  const { classList } = element("missing");
  classList.toggle("panel-amber", lacking.length > 0 && !("closed" in set.dataset)); // closed: nothing can be done any more
  classList.toggle("panel-green", lacking.length === 0);
  const leaving = elementIfAny("leaving-missing");
  if (leaving) leaving.textContent = words;
}

function changed(soon = false) {
  notes.changed(notesOf(injuries, unseen, declined), soon);
  regions.draw();
  showMissing();
}

/** @param {Placed} place */
function addInjury(place) {
  if (injuries.length >= MOST) return;
  const { side } = place;
  injuries.push({ ...place, term: "", words: "", intimate: side === "genital", agreed: false, removed: "", size: "" });
  if (side === "genital") intimate.add(injuries.length);
  unseen.delete(side);
  declined.delete(side);
  element("injuries").append(injuryCard(injuries.length - 1));
  element("no-injuries").hidden = true;
  changed(true);
  choose(injuries.length - 1, true);
}

/** @param {number} at @param {boolean} [look] */
function choose(at, look = false) {
  chosen = at;
  if (injuries[at]) map.turnTo(injuries[at].side);
  map.draw(chosen);
  showNumbers();
  elements(".injury").forEach((card, number) => card.classList.toggle("chosen", number === at));
  if (look) elements(".injury")[at]?.scrollIntoView({ block: "nearest" });
}

/** Pictures of this injury are intimate, and stay so. @param {number} injury */
function fix(injury) {
  fixed.add(injury);
  const box = elements(".injury .intimate", HTMLInputElement)[injury - 1];
  box.checked = true;
  box.dispatchEvent(new Event("fixed"));
}

/** Nobody says while a picture arrives, or of one that has an intimate picture, that it is not intimate after all. @param {boolean} arriving */
function showChoices(arriving) {
  for (const box of elements(".injury .choices input", HTMLInputElement)) {
    const agrees = refused && box.closest(".agreeing") !== null;
    box.disabled = !open || arriving || agrees || fixed.has(Number(box.dataset.injury));
  }
}

/** @param {number} at */
function titleOf(at) {
  const injury = injuries[at];
  const number = at + 1;
  return injury ? say("injury", { number, side: say(`side.${injury.side}`), region: map.regionName(injury) }) : say("pin", { number });
}

/** @param {number} at */
function showPlace(at) {
  inside(elements(".injury")[at], "h2").textContent = titleOf(at);
}

/** @param {number} at @returns {HTMLElement} */
function injuryCard(at) {
  const card = copyOf("injury");
  const injury = injuries[at];
  const number = at + 1;
  inside(card, "h2").textContent = titleOf(at);
  for (const name of /** @type {const} */ (["term", "words", "size"])) {
    const field = /** @type {HTMLSelectElement | HTMLTextAreaElement | HTMLInputElement} */ (inside(card, `.${name}`));
    field.disabled = !editable || !injury;
    field.value = injury?.[name] ?? "";
    field.addEventListener(name === "term" ? "change" : "input", () => {
      injury[name] = field.value;
      changed(name === "term");
    });
  }
  if (!injury) intimate.add(number); // what it is cannot be read now: until a person says otherwise
  const covered = inside(card, ".intimate", HTMLInputElement);
  covered.checked = intimate.has(number);
  covered.disabled = !open || fixed.has(number);
  covered.dataset.injury = String(number);
  const agreeing = inside(card, ".agreeing");
  const agrees = inside(agreeing, "input", HTMLInputElement);
  agrees.checked = agreed.has(number);
  agrees.disabled = !open || refused;
  const update = () => {
    put(intimate, number, covered.checked);
    put(agreed, number, covered.checked && agrees.checked);
    agreeing.hidden = !covered.checked;
    inside(card, ".refused").hidden = !covered.checked || !refused;
    // No picture is chosen before she has said yes to it.
    for (const input of elements(".frames input", HTMLInputElement, card)) {
      input.disabled = !open || Boolean(injury?.removed) || (covered.checked && !agrees.checked);
    }
    frames.showAim();
  };
  covered.addEventListener("fixed", update); // the picture says so: nothing has to be noted
  for (const box of [covered, agrees]) {
    box.addEventListener("change", () => {
      update();
      const now = { intimate: intimate.has(number), agreed: agreed.has(number) };
      if (!injury || !editable || (injury.intimate === now.intimate && injury.agreed === now.agreed)) return;
      Object.assign(injury, now);
      changed(true);
    });
  }
  card.querySelector(".frames")?.append(...VIEWS.map((view) => frames.frame({ injury: number, view })));
  update();
  inside(card, ".remove").textContent = say("remove", { number });
  if (injury) offerRemoval(card, injury, () => {
    update();
    changed(true);
    draw();
  });
  return card;
}

/**
 * An injury that was noted in error is removed with a reason, and restored: it keeps its number, and its pictures stay.
 *
 * @param {HTMLElement} card @param {Injury} injury @param {() => void} done
 */
function offerRemoval(card, injury, done) {
  const why = inside(card, ".why", HTMLTextAreaElement);
  const draw = () => {
    const removed = Boolean(injury.removed);
    inside(card, ".reason").textContent = injury.removed;
    inside(card, ".removed").hidden = !removed;
    inside(card, ".restoring").hidden = !removed || !editable;
    inside(card, ".removing").hidden = removed || !editable;
    for (const field of elements(".term, .size, .words", HTMLElement, card)) field.toggleAttribute("disabled", removed || !editable);
  };
  /** @param {string} reason */
  const remove = (reason) => {
    injury.removed = reason;
    unseen.delete(injury.side);
    declined.delete(injury.side); // of a region with an injury nothing of the kind is noted
    inside(card, ".removing", HTMLDetailsElement).open = false;
    draw();
    done();
  };
  inside(card, ".remove").addEventListener("click", () => {
    why.setCustomValidity(why.value.trim() ? "" : say("why"));
    if (why.reportValidity()) remove(why.value.trim());
  });
  why.addEventListener("input", () => why.setCustomValidity(""));
  inside(card, ".restore").addEventListener("click", () => remove(""));
  draw();
}

element("identifying").append(frames.frame({ injury: null, view: IDENTIFYING }));
for (let at = 0; at < count(); at += 1) element("injuries").append(injuryCard(at));
element("no-injuries").hidden = count() > 0;
if (editable) {
  element("add").addEventListener("click", () => {
    setText("said", say("point"));
    element("said").classList.remove("visually-hidden");
    map.first.focus();
  });
  element("add", HTMLButtonElement).disabled = false; // before, a press would have been lost
}
if (count() > 0) choose(0);
draw();
frames.watch();
