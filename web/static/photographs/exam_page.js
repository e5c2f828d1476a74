// @ts-check
// A guided set: where the injuries are, what they are, and which pictures of each are still to be taken.
//
// Pictures go up at once when they are taken (uploading.js). What is noted is kept whole, each time it changes:
// sealed to the case, never in clear on the other side.

import { Autosave } from "../page/autosave.js";
import { ask, post, whole } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { copyOf, element, elementIfAny, elements, inside, make, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";
import { Uploading } from "./uploading.js";
import { offerWatching } from "./watching.js";

/** @typedef {{side: string, x: number, y: number, term: string, words: string}} Injury x and y in thousandths */
/** @import { Told } from "./uploading.js" */

const VIEWS = ["orientation", "mid-range", "close-up", "close-up-scale", "colour-card"];
const IDENTIFYING = "identifying";
const STEP = 10; // thousandths that an arrow key moves a pin

const json = (/** @type {string} */ id) => JSON.parse(element(id).textContent ?? "null");

const set = element("set");
const editable = "editable" in set.dataset;
const open = "open" in set.dataset;
const uploading = new Uploading(set.dataset.case ?? "", set.dataset.person ?? "");

/** @type {Injury[]} */
const injuries = json("notes");
/** How many the other side knows of, also where they cannot be read now. */
const known = Number(set.dataset.noted);
/** @type {Map<string, number[]>} numbers of the photographs in a place */
const filled = new Map(json("filled").map((/** @type {any[]} */ [injury, view, numbers]) => [placeOf(injury, view), numbers]));
/** @type {Set<number>} injuries that have an intimate picture: the other side takes no others of them */
const fixed = new Set(json("intimate"));
/** @type {Set<number>} injuries whose pictures are intimate */
const intimate = new Set(fixed);
/** @type {Set<number>} those to whose pictures she has agreed in particular */
const agreed = new Set();
/** @type {number | null} */
let chosen = null;
/** @type {Map<string, HTMLElement>} frames that wait for pictures, by place */
const places = new Map();

/** @param {number | null} injury @param {string} view */
function placeOf(injury, view) {
  return `${injury ?? ""}/${view}`;
}

const count = () => Math.max(injuries.length, editable ? 0 : known);

// --- what is missing ----------------------------------------------------------------------------------------

function tellMissing() {
  const missing = [];
  if (!filled.has(placeOf(null, IDENTIFYING))) missing.push(say(`view.${IDENTIFYING}`));
  for (let number = 1; number <= count(); number += 1) {
    const views = VIEWS.filter((view) => !filled.has(placeOf(number, view))).map((view) => say(`view.${view}`));
    if (injuries[number - 1] && !injuries[number - 1].term) views.unshift(say("term"));
    if (views.length) missing.push(say("missing.injury", { number, what: views.join(say("comma")) }));
  }
  const words = missing.length ? say("missing", { what: missing.join(say("and")) }) : say("nothing");
  const line = element("missing");
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("panel-amber", missing.length > 0 && !("closed" in set.dataset)); // closed: nothing is to be done
  line.classList.toggle("panel-green", missing.length === 0);
  const leaving = elementIfAny("leaving-missing");
  if (leaving) leaving.textContent = words;
}

// --- noting -------------------------------------------------------------------------------------------------

/** The notes as they are kept. @param {Injury[]} noted @returns {Injury[]} */
const notesOf = (noted) => noted.map(({ side, x, y, term, words }) => ({ side, x, y, term, words }));

const notes = new Autosave(Number(set.dataset.newest), {
  save: async (base, /** @type {Injury[]} */ noted) => (await post(`/exams/${set.dataset.exam}/notes`, { injuries: noted, base })).base,
  newest: async () => {
    const page = new DOMParser().parseFromString(await whole((await ask(`/exams/${set.dataset.exam}`)).text()), "text/html");
    const content = notesOf(JSON.parse(page.getElementById("notes")?.textContent ?? "[]"));
    return { version: Number(page.getElementById("set")?.dataset.newest), content };
  },
  movedOn: "notes-moved-on",
}, { quiet: 1_200, again: 4_000, refused: 4_000 });

notes.addEventListener("state", (event) => {
  const { state, words } = /** @type {CustomEvent} */ (event).detail;
  if (state === "saved") element("said").textContent = say("saved");
  else if (state === "changed" || state === "saving") return;
  else element("trouble").textContent = words ? inOne(words) : say("unsaved");
  element("trouble").hidden = state === "saved";
});
notes.guardPage();

function changed(soon = false) {
  notes.changed(notesOf(injuries), soon);
  tellMissing();
}

addEventListener("beforeunload", (event) => {
  if (going > 0 || coming > 0 || held.length > 0) event.preventDefault();
});

// --- the body map -------------------------------------------------------------------------------------------

const drawings = elements(".drawn");
const sides = elements(".sides input", HTMLInputElement);

/** @param {string} side */
function turnTo(side) {
  for (const drawing of drawings) drawing.hidden = drawing.dataset.side !== side;
  for (const radio of sides) radio.checked = radio.value === side;
}

const sideShown = () => drawings.find((drawing) => !drawing.hidden)?.dataset.side ?? "front";

function drawPins() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const drawing of drawings) drawing.querySelector(".pins")?.replaceChildren();
  injuries.forEach((injury, at) => {
    counts.set(injury.side, (counts.get(injury.side) ?? 0) + 1);
    const pin = makeButton("pin", String(at + 1), () => choose(at, true));
    pin.setAttribute("aria-label", say("pin", { number: at + 1 }));
    pin.style.left = `${injury.x / 10}%`; // of a drawing, which is never mirrored
    pin.style.top = `${injury.y / 10}%`;
    pin.classList.toggle("chosen", chosen === at);
    pin.classList.toggle("complete", VIEWS.every((view) => filled.has(placeOf(at + 1, view))));
    if (editable) pin.addEventListener("keydown", (event) => movePin(event, at));
    drawings.find((drawing) => drawing.dataset.side === injury.side)?.querySelector(".pins")?.append(pin);
  });
  for (const mark of elements("[data-count]")) {
    const number = counts.get(mark.dataset.count ?? "") ?? 0;
    mark.hidden = number === 0;
    mark.textContent = String(number);
  }
}

/** @param {KeyboardEvent} event @param {number} at */
function movePin(event, at) {
  const moves = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
  });
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  const within = (/** @type {number} */ value) => Math.max(0, Math.min(1000, value));
  injuries[at].x = within(injuries[at].x + move[0]);
  injuries[at].y = within(injuries[at].y + move[1]);
  const pin = /** @type {HTMLElement} */ (event.currentTarget);
  pin.style.left = `${injuries[at].x / 10}%`;
  pin.style.top = `${injuries[at].y / 10}%`;
  changed();
}

/** @param {string} side @param {number} x @param {number} y */
function addInjury(side, x, y) {
  if (injuries.length >= 99) return;
  injuries.push({ side, x, y, term: "", words: "" });
  if (side === "genital") intimate.add(injuries.length);
  element("injuries").append(injuryCard(injuries.length - 1));
  element("no-injuries").hidden = true;
  changed(true);
  choose(injuries.length - 1, true);
}

/** @param {number} at @param {boolean} [look] */
function choose(at, look = false) {
  chosen = at;
  turnTo(injuries[at].side);
  drawPins();
  elements(".injury").forEach((card, number) => card.classList.toggle("chosen", number === at));
  if (look) elements(".injury")[at]?.scrollIntoView({ block: "nearest" });
}

// --- pictures -----------------------------------------------------------------------------------------------

let going = 0;

/** @param {number | null} injury @param {string} view */
function slot(injury, view) {
  const place = copyOf("frame");
  const input = inside(place, "input", HTMLInputElement);
  inside(place, ".slot-name").textContent = say(`view.${view}`);
  input.setAttribute("aria-label", say("take", { view: say(`view.${view}`) }));
  input.disabled = !open;
  const camera = inside(place, ".slot-camera", HTMLButtonElement);
  camera.setAttribute("aria-label", say("watch.next", { place: placeName(injury, view) }));
  camera.addEventListener("click", () => aim({ injury, view }));
  places.set(placeOf(injury, view), place);
  tellSlot(place, injury, view);
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file) void take(place, file, injury, view);
  });
  return place;
}

/** @param {number | null} injury @param {string} view */
function placeName(injury, view) {
  const name = say(`view.${view}`);
  return injury === null ? name : `${say("pin", { number: injury })}${say("comma")}${name}`;
}

/** @param {HTMLElement} place @param {number | null} injury @param {string} view */
function tellSlot(place, injury, view) {
  const numbers = filled.get(placeOf(injury, view)) ?? [];
  place.classList.toggle("filled", numbers.length > 0);
  const state = inside(place, ".slot-state");
  state.textContent = numbers.length ? say("there", { number: numbers.join(", ") }) : say("wanted");
}

/** @param {HTMLElement} place @param {File} file @param {number | null} injury @param {string} view */
async function take(place, file, injury, view) {
  const state = inside(place, ".slot-state");
  const covered = injury !== null && intimate.has(injury);
  const about = { kind: /** @type {const} */ ("photograph"), intimate: covered, agreed: covered && agreed.has(injury ?? 0), exam: set.dataset.exam, view, ...(injury === null ? {} : { injury }) };
  going += 1;
  place.dataset.going = "";
  let waits = ""; // what this one waits for, in words
  const standing = await uploading.add(file, about, (told) => {
    const trouble = element("trouble");
    if (told.words) {
      const words = told.state === "cut" ? `${inOne(told.words)} ${say("keep")}` : inOne(told.words);
      if (trouble.hidden || trouble.textContent !== words) trouble.textContent = words;
      trouble.hidden = false;
      waits = told.state === "cut" ? words : "";
    } else if (waits) {
      if (trouble.textContent === waits) trouble.hidden = true;
      waits = "";
    }
    if (told.state !== "sealed" && told.state !== "refused") {
      state.textContent = say(waits ? "held" : told.state, { percent: Math.floor(100 * (told.part ?? 0)) });
    } else if (told.code === "intimate-injury" && injury !== null) {
      fix(injury);
      hold(file);
    }
  });
  going -= 1;
  delete place.dataset.going;
  if (standing?.number && standing.again) {
    state.textContent = say("again", { number: standing.number });
    return; // the same file stands in another place: it keeps that
  }
  if (standing?.number) {
    const numbers = filled.get(placeOf(injury, view)) ?? [];
    filled.set(placeOf(injury, view), [...numbers.filter((number) => number !== standing.number), standing.number]);
    if (!covered) await preview(place, file);
    else if (injury !== null) fix(injury);
  }
  tellSlot(place, injury, view);
  drawPins();
  tellMissing();
}

/** Pictures of this injury are intimate, and stay so. @param {number} injury */
function fix(injury) {
  fixed.add(injury);
  const box = elements(".injury .intimate", HTMLInputElement)[injury - 1];
  box.checked = true;
  box.dispatchEvent(new Event("change"));
}

/** The picture just taken, small, from this device's own memory; where the browser cannot, a sign stays.
 * @param {HTMLElement} place @param {File} file */
async function preview(place, file) {
  try {
    const image = await createImageBitmap(file, { resizeWidth: 264 });
    const canvas = make("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    image.close();
    place.querySelector(".slot-picture")?.replaceChildren(canvas);
  } catch {
    // HEIC and raw pictures: this browser has no decoder for them.
  }
}

/** @param {number} at @returns {HTMLElement} */
function injuryCard(at) {
  const card = copyOf("injury");
  const injury = injuries[at];
  const number = at + 1;
  inside(card, "h2").textContent = injury
    ? say("injury", { number, side: say(`side.${injury.side}`) })
    : say("pin", { number });
  const term = inside(card, ".term", HTMLSelectElement);
  const words = inside(card, ".words", HTMLTextAreaElement);
  const covered = inside(card, ".intimate", HTMLInputElement);
  term.disabled = words.disabled = !editable || !injury;
  if (injury) {
    term.value = injury.term;
    words.value = injury.words;
    if (injury.side === "genital") intimate.add(number);
  } else {
    intimate.add(number); // what it is cannot be read now: until somebody says otherwise
  }
  covered.checked = intimate.has(number);
  covered.disabled = !open || fixed.has(number);
  covered.dataset.injury = String(number);
  term.addEventListener("change", () => {
    injury.term = term.value;
    changed(true);
  });
  words.addEventListener("input", () => {
    injury.words = words.value;
    changed();
  });
  const agreeing = inside(card, ".agreeing");
  const agrees = inside(agreeing, "input", HTMLInputElement);
  agrees.disabled = !open;
  const told = () => {
    if (covered.checked) intimate.add(number);
    else intimate.delete(number);
    if (agrees.checked) agreed.add(number);
    else agreed.delete(number);
    agreeing.hidden = !covered.checked;
    // No picture is chosen before she has said yes to it.
    for (const input of elements(".frames input", HTMLInputElement, card)) {
      input.disabled = !open || (covered.checked && !agrees.checked);
    }
    tellAim();
  };
  covered.addEventListener("change", told);
  agrees.addEventListener("change", told);
  card.addEventListener("focusin", () => injury && chosen !== at && choose(at));
  card.querySelector(".frames")?.append(...VIEWS.map((view) => slot(number, view)));
  told();
  return card;
}

// --- the camera's folder ------------------------------------------------------------------------------------
//
// The next picture goes to the place that was chosen, then the aim moves on to the next empty place of the same
// injury, in the order in which they are taken. Where no place is chosen, pictures wait: none is put anywhere by guess.

/** @typedef {{injury: number | null, view: string}} Place */

/** @type {Place | null} */
let aimed = null;
let watching = false;
let coming = 0; // pictures that are not whole yet
/** @type {File[]} */
const held = [];

const takes = (/** @type {Place} */ { injury, view }) =>
  !(places.get(placeOf(injury, view))?.querySelector("input")?.disabled ?? true);

/** @param {Place | null} place */
function aim(place) {
  aimed = place;
  while (aimed && takes(aimed) && held.length) {
    const { injury, view } = aimed;
    const file = /** @type {File} */ (held.shift());
    aimed = nextOf(aimed);
    void take(/** @type {HTMLElement} */ (places.get(placeOf(injury, view))), file, injury, view);
  }
  tellAim();
}

/** One that its place did not take waits until somebody chooses: no other place gets it by itself. @param {File} file */
function hold(file) {
  held.push(file);
  aimed = null;
  tellAim();
}

/** @param {Place} place @returns {Place | null} */
function nextOf({ injury, view }) {
  if (injury === null) return null;
  const empty = VIEWS.slice(VIEWS.indexOf(view) + 1).find((one) => {
    const place = placeOf(injury, one);
    return !filled.has(place) && !places.get(place)?.hasAttribute("data-going");
  });
  return empty === undefined ? null : { injury, view: empty };
}

function tellAim() {
  if (aimed && !takes(aimed)) aimed = null; // it became intimate, and she has not agreed yet
  const catching = watching || held.length > 0;
  for (const [place, shown] of places) {
    const button = inside(shown, ".slot-camera", HTMLButtonElement);
    const here = aimed !== null && place === placeOf(aimed.injury, aimed.view);
    button.hidden = !catching || (shown.querySelector("input")?.disabled ?? true);
    // While one is arriving nobody can say any more to which place it was meant.
    button.disabled = coming > 0;
    button.setAttribute("aria-pressed", String(here && catching));
    shown.classList.toggle("aimed", here && catching);
  }
  for (const box of elements(".injury .choices input", HTMLInputElement)) {
    // Nobody says meanwhile, or of one that has an intimate picture, that it is not intimate after all.
    box.disabled = !open || coming > 0 || fixed.has(Number(box.dataset.injury));
  }
  const words = aimed ? say("watch.goes", { place: placeName(aimed.injury, aimed.view) }) : say("watch.nowhere");
  const line = elementIfAny("watch-aim");
  if (!line) return;
  line.hidden = !catching;
  const text = held.length ? `${words} ${say("watch.held", { n: held.length })}` : words;
  if (line.textContent !== text) line.textContent = text;
}

// --- the page -----------------------------------------------------------------------------------------------

element("identifying").append(slot(null, IDENTIFYING));
for (let at = 0; at < count(); at += 1) element("injuries").append(injuryCard(at));
element("no-injuries").hidden = count() > 0;
for (const radio of sides) {
  radio.addEventListener("change", () => turnTo(radio.value));
  if (radio.checked) turnTo(radio.value); // it may have been chosen before this was there to hear it
}
if (editable) {
  element("add").addEventListener("click", () => addInjury(sideShown(), 500, 500));
  element("add", HTMLButtonElement).disabled = false; // before, a press would have been lost
  for (const drawing of drawings) {
    drawing.querySelector("svg")?.addEventListener("click", (event) => {
      const box = /** @type {SVGElement} */ (event.currentTarget).getBoundingClientRect();
      const within = (/** @type {number} */ value) => Math.max(0, Math.min(1000, Math.round(1000 * value)));
      addInjury(drawing.dataset.side ?? "front", within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height));
    });
  }
}
drawPins();
tellMissing();
offerWatching({
  take: (file) => {
    held.push(file);
    aim(aimed);
  },
  changed: (on) => {
    watching = on;
    if (on && !aimed && !filled.has(placeOf(null, IDENTIFYING))) aimed = { injury: null, view: IDENTIFYING };
    tellAim();
  },
  arriving: (number) => {
    coming = number;
    tellAim();
  },
});
