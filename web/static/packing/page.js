// @ts-check
// Orders a court package, shows its progress, and shows once what opens it.

import { CheckError, Unavailable } from "../proof/errors.js";
import { personally } from "../sign/signing.js";
import { element, elementIfAny, elements, inside, make } from "../page/elements.js";
import { poll } from "../page/poll.js";
import { post, read } from "../page/requests.js";
import { readWholeTime } from "../page/times.js";
import { writeWords } from "../page/trouble.js";

const EVERY = 1000; // ms between two askings
const MEGABYTE = 1_000_000;

const form = elementIfAny("order", HTMLFormElement);
const FILES = Object.freeze({ "file-testimony": "testimony.amana", "file-verifier": "verify.html", "file-sheet": "READ-ME.txt" });

/** The beginning and end of an excerpt in µs, each null where no time was typed. @param {FormData} given */
const typed = (given) => ["begin", "end"].map((name) => readWholeTime(String(given.get(name))));

/** @param {FormData} given */
function ordered(given) {
  const extent = given.get("extent");
  const alone = extent === "part" || extent === "excerpt";
  const [begin, end] = typed(given);
  return {
    evidence: alone ? form?.dataset.evidence : null,
    interview: alone ? null : form?.dataset.interview || null, // none where photographs leave alone
    excerpt: extent === "excerpt" ? { begin, end } : null,
    photographs: [...given.getAll("photograph"), ...given.getAll("copy")],
    purpose: given.get("purpose"),
    receiver: given.get("receiver") ?? "", // not asked of a person who takes it under a grant
    viewing_copies: given.get("viewing") !== null,
    excluded: given.get("excluded") !== null,
  };
}

/**
 * What is missing or cannot be, as a code of the page's own sentences: a browser's would be in its own language.
 *
 * @param {FormData} given
 */
function missing(given) {
  if (given.get("extent") === "excerpt") {
    const [begin = null, end = null] = typed(given);
    if (begin === null || end === null) return "times";
    if (end < begin) return "backwards";
    if (end === begin) return "nothing";
  }
  if (!form?.dataset.interview && given.get("photograph") === null && given.get("copy") === null) return "photographs";
  if (given.get("purpose") === null) return "purpose";
  return given.has("receiver") && !String(given.get("receiver")).trim() ? "receiver" : null;
}

/** What the server said no to, or that it cannot be reached. @param {unknown} error */
function showError(error) {
  if (!(error instanceof CheckError)) throw error;
  showTrouble((error instanceof Unavailable && error.words) || { what: error.message, meaning: "", todo: "" });
}

/** @param {import("../page/requests.js").Words} words */
function showTrouble(words) {
  writeWords(words);
  element("trouble").hidden = false;
  element("trouble").focus();
}

/** @param {string} name */
function show(name) {
  for (const id of ["order", "making", "ready"]) {
    const section = elementIfAny(id);
    if (section) section.hidden = id !== name;
  }
}

/** @param {string} id of the package */
async function follow(id) {
  show("making");
  const text = element("making-text");
  const bar = element("progress", HTMLProgressElement);
  const { confirmed, uncredited } = await poll(EVERY, async () => {
    const words = await read(`/packages/${id}`);
    const { state, done, total } = words;
    if (state === "ready") return words;
    const share = total > 0 ? done / total : 0;
    bar.value = share * 100;
    if (state === "waiting") text.textContent = text.dataset.waiting ?? "";
    else if (share >= 1) text.textContent = text.dataset.finishing ?? "";
    else {
      text.textContent = (text.dataset.making ?? "")
        .replace("{done}", String(Math.floor(done / MEGABYTE)))
        .replace("{total}", String(Math.ceil(total / MEGABYTE)));
    }
    return null;
  });
  element("unconfirmed").hidden = confirmed;
  element("uncredited").hidden = uncredited === 0;
  for (const [link, file] of Object.entries(FILES)) {
    element(link, HTMLAnchorElement).href = `/packages/${id}/${file}`;
  }
  show("ready");
  element("ready").focus();
  element("show-words").addEventListener("click", () => void showWords(id).catch(showError), { once: true });
}

/** @param {string} id */
async function showWords(id) {
  const { numbers, words: spoken } = await post(`/packages/${id}/words`, {});
  element("words-ask").hidden = true;
  element("words-before").hidden = true;
  if (spoken === null) {
    element("words-gone").hidden = false;
    return;
  }
  /** @type {string[]} */
  const words = spoken[document.documentElement.lang];
  for (const [at, word] of words.entries()) {
    element("words").append(make("li", "", make("span", "word", word), " ", make("span", "digits numeral", numbers[at])));
  }
  element("words-title").hidden = true; // the slip has its own
  element("slip-package").textContent = id.slice(0, 8);
  element("slip").hidden = false;
  element("slip").focus();
}

/** @param {string} id */
const followFrom = (id) =>
  follow(id).catch((error) => {
    show("order");
    showError(error);
  });

form?.addEventListener("change", () => {
  const minutes = elementIfAny("minutes");
  if (!minutes) return;
  const cut = new FormData(form).get("extent") === "excerpt";
  minutes.hidden = !cut;
  for (const input of minutes.querySelectorAll("input")) input.required = cut;
});

for (const [id, chosen] of /** @type {const} */ ([["choose-all", true], ["choose-none", false]])) {
  elementIfAny(id)?.addEventListener("click", () => {
    for (const box of elements("input[name=photograph]", HTMLInputElement, form ?? document)) box.checked = chosen;
  });
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  element("trouble").hidden = true;
  const given = new FormData(form);
  const code = missing(given);
  if (code !== null) {
    const sentence = inside(element("missing"), `[data-code=${code}]`);
    showTrouble({ what: sentence.textContent ?? "", meaning: "", todo: sentence.dataset.todo ?? "" });
    return;
  }
  const button = element("make", HTMLButtonElement);
  button.disabled = true;
  try {
    const order = () => post("/packages", ordered(given));
    let first = await order(); // what is refused at once is said on the page, and all that comes after in the dialog
    const answer = await personally(async () => {
      const prepared = first ?? (await order());
      first = null;
      return prepared;
    });
    if (!answer) return;
    const id = answer.package ?? answer.to.split("#")[1];
    // The address keeps the order, so that the page can be left and opened again.
    history.replaceState(null, "", `#${id}`);
    if (!answer.package) await post(`/packages/${id}`, {}); // ordered and signed; now it is made
    await followFrom(id);
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
});
element("print-slip").addEventListener("click", () => print());
if (form) element("make", HTMLButtonElement).disabled = false; // before, a press would only have loaded the page anew

const before = location.hash.slice(1);
if (/^[0-9a-f]{32}$/.test(before)) {
  // Of an order that was signed and not made, or that failed, or whose machine was restarted, this makes the package.
  post(`/packages/${before}`, {}).then(() => followFrom(before)).catch(showError);
}
