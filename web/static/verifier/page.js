// @ts-check
// verify.html: a court chooses the package, types the nine words, says what it registered, and gets one answer.
//
// Everything happens in this page; nothing is fetched, sent or stored. The page exists in each language as a
// template; another language shows the other template with what is known by then.

import { sentences, spoken } from "./answer.js";
import { AnswerPanel } from "./answer_panel.js";
import { chosenDrop, Unfit } from "./choosing.js";
import { EntryForm, withoutNumbers } from "./entry_form.js";
import { PackageChecks } from "./checks.js";
import { PackageFilms } from "./films.js";
import { showResult } from "./result.js";
import { PackageFiles } from "./shown_files.js";
import { resultText } from "./text.js";
import { ClipLists } from "../film/clips.js";
import { PassphraseWords } from "../package/passphrase.js";
import { Run } from "../package/run.js";
import { element, onPress } from "../page/elements.js";
import { prepareForPaper } from "../page/paper.js";
import { copyBy, say, speak } from "../page/words.js";

/** @import { Entries } from "./entry_form.js" */

const LANGUAGES = Object.freeze(["ar", "en"]);
const words = new PassphraseWords(element("passphrase-words", HTMLScriptElement).text);

/** @type {Entries} what was entered, for whichever page shows it */
const entries = { chosen: null, unfit: null, passphrase: "", by: "typed", fingerprint: "", policy: null };

/** @type {Run | null} */
let run = null;
let page = new AbortController();
/** @type {PackageFilms | null} */
let films = null;
const clips = new ClipLists();
/** @type {Promise<void>} until what was chosen last is read */
let reading = Promise.resolve();

/** Shows the page in a language, with everything known so far. @param {string} language */
function show(language) {
  const place = films?.place ?? null;
  page.abort();
  page = new AbortController();
  const template = element(`page-${language}`, HTMLTemplateElement);
  speak(JSON.parse(element(`strings-${language}`, HTMLScriptElement).textContent ?? "{}"), language);
  document.documentElement.lang = language;
  document.documentElement.dir = template.dataset.direction ?? "";
  document.title = say("title");
  element("page").replaceChildren(template.content.cloneNode(true));
  const other = element("other-language", HTMLButtonElement);
  other.addEventListener("click", () => {
    const next = other.dataset.language ?? language;
    history.replaceState(null, "", `#${next}`);
    show(next);
    element("other-language", HTMLButtonElement).focus();
  });
  if (run) showRun(run, place);
  else showForm();
}

function showForm() {
  const form = new EntryForm(entries, words, {
    choose: (choice) => take("chosen", choice),
    keep: (policy) => take("policy", policy),
    drop: (dropped) => take("chosen", chosenDrop(dropped)),
    read: () => reading,
    verify: () => begin(),
  });
  form.show();

  /**
   * Reads what was chosen, after everything chosen before it: the last choice is the one that counts.
   *
   * @template {"chosen" | "policy"} What
   * @param {What} what @param {Promise<NonNullable<Entries[What]>>} choice
   */
  function take(what, choice) {
    reading = Promise.allSettled([choice, reading]).then(([made]) => {
      if (made.status === "rejected" && !(made.reason instanceof Unfit)) throw made.reason;
      entries[what] = made.status === "fulfilled" ? made.value : null;
      entries.unfit = made.status === "fulfilled" ? null : made.reason.code;
      form.show();
    });
  }
}

function begin() {
  if (!entries.chosen) return;
  const { by, fingerprint, policy } = entries;
  const registered = by === "typed" ? { by, typed: fingerprint } : by === "file" ? { by, file: policy } : { by };
  const started = new Run(entries.chosen, withoutNumbers(entries.passphrase), registered, words);
  run = started;
  started.addEventListener("over", () => over(started));
  showRun(started, null);
  element("answer").focus();
  void started.start();
}

/** @param {Run} ended */
async function over(ended) {
  await null; // first everything on the page shows that it is over
  if (ended !== run) return;
  if (ended.end?.end === "passphrase") {
    run = null;
    entries.unfit = "passphrase";
    show(document.documentElement.lang);
    element("passphrase", HTMLTextAreaElement).focus();
    return;
  }
  const { title, texts } = sentences(ended);
  document.title = `${title} · ${say("title")}`;
  element("answer-said").textContent = spoken(title, texts);
  // A reader who watches the film meanwhile is not pulled away from it.
  if (document.activeElement?.closest("#films") === null) element("answer").focus({ preventScroll: true });
}

/** @param {Run} shown @param {import("./films.js").Place | null} place */
function showRun(shown, place) {
  element("choosing").hidden = true;
  const { signal } = page;
  new AnswerPanel(shown, signal);
  new PackageChecks(shown, signal);
  films = new PackageFilms(shown, clips, signal, place);
  new PackageFiles(shown, signal);
  showResult(shown, signal);
  onPress("again", () => location.reload());
  onPress("correct", () => {
    run = null;
    show(document.documentElement.lang);
    element(entries.by === "file" ? "choose-policy" : "fingerprint", HTMLElement).focus();
    if (entries.by === "file") element("policy", HTMLInputElement).click();
  });
  onPress("print", () => print());
  const copy = element("copy-result", HTMLButtonElement);
  const version = document.documentElement.dataset.version ?? "";
  onPress("copy-result", () => void copyBy(copy, resultText(shown, version), "copy.result"));
}

prepareForPaper(".step-details, #custody-entries");

const wanted = location.hash.slice(1);
show(LANGUAGES.includes(wanted) ? wanted : LANGUAGES[0]);
// Without digests and the cipher there is nothing that this page could answer.
if (!isSecureContext || !crypto.subtle) {
  entries.unfit = "browser";
  show(document.documentElement.lang);
  element("verify", HTMLButtonElement).disabled = true;
}
