// @ts-check
// Making a comparison sheet: photographs are chosen, opened for a purpose, marked one by one, put in order, and ordered.

import { MarkedPhotograph } from "./photograph.js";
import { post } from "../viewing/server.js";
import { markViewer } from "../viewing/mark.js";
import { show } from "../viewing/opening_form.js";
import { copyOf, element, elements, inside } from "../page/elements.js";
import { troubleText } from "../page/trouble.js";
import { isolate, say } from "../page/words.js";

const [FEWEST, MOST] = [2, 12];

const choosing = element("choosing", HTMLFormElement);
const list = element("photographs");
const order = element("order", HTMLButtonElement);

/** In the order of the sheet. @type {MarkedPhotograph[]} */
let photographs = [];
let purpose = "";

/** @param {string} words */
function showTrouble(words) {
  element("trouble-words").textContent = words;
  show("trouble");
  element("trouble").focus();
}

/** What keeps the photographs from being opened, in words; null where nothing does. @param {HTMLInputElement[]} boxes */
function unready(boxes) {
  if (boxes.length < FEWEST || boxes.length > MOST) return say("few");
  if (!purpose) return say("purpose");
  const other = boxes.find(({ dataset }) => !(dataset.purposes ?? "").split(" ").includes(purpose));
  return other ? say("other-purpose", { number: isolate(other.dataset.number ?? "") }) : null;
}

/** @param {HTMLInputElement} box */
function begun(box) {
  const card = copyOf("photograph");
  const one = new MarkedPhotograph(card, box.value, box.dataset.number ?? "");
  card.addEventListener("click", (event) => {
    const what = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.do;
    if (what) arrange(one, what);
  });
  return one;
}

/** Moves one, or takes it off; the keyboard stays with it, or goes to its neighbour. @param {MarkedPhotograph} one @param {string} what */
function arrange(one, what) {
  const at = photographs.indexOf(one);
  photographs.splice(at, 1);
  if (what !== "off") photographs.splice(Math.max(0, at + (what === "earlier" ? -1 : 1)), 0, one);
  render();
  (what === "off" ? photographs[Math.min(at, photographs.length - 1)] : one)?.heading.focus();
}

function render() {
  list.replaceChildren(...photographs.map(({ card }) => card));
  for (const [at, { card }] of photographs.entries()) {
    const button = (/** @type {string} */ what) => inside(card, `[data-do=${what}]`, HTMLButtonElement);
    button("earlier").disabled = at === 0;
    button("later").disabled = at === photographs.length - 1;
    button("off").disabled = photographs.length <= FEWEST;
  }
}

choosing.addEventListener("submit", async (event) => {
  event.preventDefault();
  purpose = String(new FormData(choosing).get("purpose") ?? "");
  const boxes = elements("[name=photograph]:checked", HTMLInputElement, choosing);
  const words = unready(boxes);
  show("trouble", false);
  if (words) return showTrouble(words);
  show("choosing", false);
  show("working");
  try {
    photographs = boxes.map(begun);
    for (const one of photographs) await one.open(purpose);
    render();
    show("marking");
    markViewer();
    photographs[0]?.heading.focus();
  } catch (error) {
    show("choosing");
    showTrouble(troubleText(error));
  }
  show("working", false);
});

// What was said to be missing is being mended.
for (const kind of ["input", "pointerdown", "keydown"]) list.addEventListener(kind, () => show("trouble", false));

order.addEventListener("click", async () => {
  show("trouble", false);
  const lacking = photographs.find((one) => one.missing !== null);
  if (lacking) return showTrouble(say(String(lacking.missing), { number: isolate(lacking.number) }));
  if (!photographs.some((one) => one.marked)) return showTrouble(say("no-marks"));
  order.disabled = true;
  try {
    const { derivative } = await post(location.pathname, { photographs: photographs.map((one) => one.order), purpose });
    location.assign(`/derivatives/${derivative}`);
  } catch (error) {
    order.disabled = false;
    showTrouble(troubleText(error));
  }
});

element("open", HTMLButtonElement).disabled = false; // before, a press would only have loaded the page anew
