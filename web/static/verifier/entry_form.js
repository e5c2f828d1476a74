// @ts-check
// The three things a court enters: the package, the nine words, what it registered. Forgiving in how they are
// typed, and plain about what is missing.

import { bytesText, nameText } from "./names.js";
import { chosenFile, chosenFolder, chosenPolicy } from "./choosing.js";
import { cameWith, readFingerprint } from "../proof/ledger/registered.js";
import { typedWords } from "../package/passphrase.js";
import { element, elements } from "../page/elements.js";
import { onDrop } from "../page/files.js";
import { countText, isolate, say } from "../page/words.js";

/** @import { Chosen } from "./choosing.js" */
/** @import { PassphraseWords } from "../package/passphrase.js" */
/**
 * @typedef {object} Entries
 * @property {Chosen | null} chosen @property {string | null} unfit why what was entered cannot be used
 * @property {string} passphrase @property {"typed" | "file" | "none"} by @property {string} fingerprint
 * @property {File | null} policy the court's copy
 */
/**
 * @typedef {object} Acts
 * @property {(chosen: Promise<Chosen>) => void} choose @property {(policy: Promise<File>) => void} keep
 * @property {(dropped: DataTransfer) => void} drop
 * @property {() => Promise<void>} read waits until everything chosen is read
 * @property {() => void} verify
 */

const WORDS = 9;
const MEANT = 4; // words offered for one that is not in the list

// The number of a line, with what may be around it: "1.", "(2)", "٣-". Never within a word: that is a slip. The numbers
// of a passphrase have four digits.
const NUMBER = /(?<![\p{L}\p{N}])[([]?\p{Nd}{1,2}(?!\p{Nd})[)\]:.\-\u2010-\u2015]*/gu;

/** What was typed without the numbers of a list that it was copied from. @param {string} typed */
export const withoutNumbers = (typed) => typed.normalize("NFKC").replace(NUMBER, " ");

/** @param {string} typed @returns {string[]} words and numbers of four digits, in their one spelling */
const wordsOf = (typed) => typedWords(withoutNumbers(typed));

/**
 * The first word that is in no passphrase, with those probably meant. A hint only: nothing is refused for it.
 *
 * @param {string[]} words @param {ReadonlyMap<string, string>} known words by spelling
 */
function unknownWord(words, known) {
  const word = words.find((one) => !known.has(one));
  if (word === undefined) return null;
  // Every number is near to many others, which says nothing.
  const meant = /^\d+$/.test(word) ? [] : [...known].filter(([spelt]) => near(word, spelt)).map(([, one]) => one);
  return { word, meant };
}

/** Whether one slip makes one word of the other: a letter wrong, missing, too many, or two exchanged. @param {string} a @param {string} b */
function near(a, b) {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let i = 0;
  while (i < short.length && short[i] === long[i]) i += 1;
  const rest = short.slice(i);
  if (short.length < long.length) return rest === long.slice(i + 1);
  const exchanged = `${long[i + 1] ?? ""}${long[i] ?? ""}${long.slice(i + 2)}`;
  return rest.slice(1) === long.slice(i + 1) || rest === exchanged;
}

export class EntryForm {
  #entries;
  #known;
  #passphrase = element("passphrase", HTMLTextAreaElement);
  #fingerprint = element("fingerprint", HTMLTextAreaElement);

  /** @param {Entries} entries @param {PassphraseWords} words @param {Acts} acts */
  constructor(entries, words, acts) {
    this.#entries = entries;
    this.#known = words.known;
    this.#passphrase.value = entries.passphrase;
    this.#fingerprint.value = entries.fingerprint;
    this.#passphrase.addEventListener("input", () => {
      entries.passphrase = this.#passphrase.value;
      this.#forgive("passphrase");
      this.#showWords(false);
    });
    this.#passphrase.addEventListener("change", () => this.#showWords(true));
    this.#fingerprint.addEventListener("input", () => {
      entries.fingerprint = this.#fingerprint.value;
      this.#showFingerprint();
    });
    this.#listenToChoices(acts);
    for (const field of [this.#passphrase, this.#fingerprint]) {
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault(); // one line that may be shown on several
        field.form?.requestSubmit();
      });
    }
    element("form", HTMLFormElement).addEventListener("submit", async (event) => {
      event.preventDefault();
      await acts.read(); // a button pressed at once means the file just chosen, and not the one before it
      entries.unfit = this.#missing();
      this.show();
      if (entries.unfit === null) acts.verify();
      else element("unfit").focus();
    });
  }

  /** @param {Acts} acts */
  #listenToChoices(acts) {
    const offer = (/** @type {string} */ id, /** @type {(files: File[]) => void} */ take) => {
      const input = element(id, HTMLInputElement);
      element(`choose-${id}`).addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        if (input.files?.length) take([...input.files]);
        input.value = ""; // so that the same one can be chosen again
      });
    };
    offer("file", ([file]) => acts.choose(chosenFile(file)));
    offer("folder", (files) => acts.choose(chosenFolder(files)));
    offer("policy", ([file]) => acts.keep(chosenPolicy(file)));
    for (const choice of elements('input[name="registered"]', HTMLInputElement)) {
      choice.addEventListener("change", () => {
        this.#entries.by = /** @type {Entries["by"]} */ (choice.value);
        this.show();
      });
    }
    // The whole page is where things may be dropped: a file let go beside the box would else open in the browser.
    onDrop(element("content"), element("drop"), (dropped) => dropped.items.length > 0 && acts.drop(dropped));
  }

  /** What is missing before anything can be checked, as a code. @returns {string | null} */
  #missing() {
    const { chosen, by, fingerprint, policy } = this.#entries;
    if (!chosen) return "no-choice";
    if (chosen.kind === "sealed" && wordsOf(this.#entries.passphrase).length === 0) return "no-words";
    const { hex, missing, wrong } = readFingerprint(fingerprint);
    if (by === "typed" && hex === "") return "no-fingerprint";
    if (by === "typed" && (missing !== 0 || wrong)) return "fingerprint";
    if (by === "file" && !policy) return "no-policy";
    if (by === "file" && policy && cameWith(chosen, policy)) return "own-policy";
    return null;
  }

  /** @param {string} code that has been put right */
  #forgive(code) {
    if (this.#entries.unfit !== code) return;
    this.#entries.unfit = null;
    this.show();
  }

  /** Shows what was entered. */
  show() {
    const { chosen, unfit, by, policy } = this.#entries;
    element("unfit").hidden = unfit === null;
    element("unfit-what").textContent = unfit ? this.#unfitText(unfit) : "";
    element("unfit-todo").textContent = unfit ? say(`unfit.${unfit}.todo`) : "";
    element("chosen").hidden = !chosen;
    element("drop-hint").hidden = chosen !== null;
    element("chosen-name").textContent = chosen ? nameText(chosen.name) : "";
    element("chosen-size").textContent = chosen ? bytesText(chosen.size) : "";
    element("task-package").classList.toggle("done", chosen !== null);
    element("words-needed").hidden = chosen?.kind === "folder";
    element("words-not-needed").hidden = chosen?.kind !== "folder";
    for (const way of ["typed", "file", "none"]) {
      element(`by-${way}`).hidden = way !== by;
    }
    for (const choice of elements('input[name="registered"]', HTMLInputElement)) choice.checked = choice.value === by;
    element("policy-name").textContent = policy ? nameText(policy.name) : "";
    this.#showWords(true);
    this.#showFingerprint();
  }

  /** @param {string} unfit */
  #unfitText(unfit) {
    const { length } = wordsOf(this.#entries.passphrase);
    // Too few or too many words are said as such: a person who has read only one column of the paper sees it at once.
    const count = say("words.count", { typed: countText(length), n: WORDS });
    return unfit === "passphrase" && length !== WORDS ? `${count}. ${say("unfit.passphrase")}` : say(`unfit.${unfit}`);
  }

  #wordsDone() {
    const { chosen, passphrase } = this.#entries;
    return chosen?.kind === "folder" || (chosen !== null && wordsOf(passphrase).length === WORDS);
  }

  /** @param {boolean} finished whether the last word is finished too */
  #showWords(finished) {
    const words = wordsOf(this.#entries.passphrase);
    const complete = finished || /\s$/.test(this.#entries.passphrase) ? words : words.slice(0, -1);
    const unknown = unknownWord(complete, this.#known);
    const count = element("words-count");
    count.classList.toggle("attention", unknown !== null || words.length > WORDS);
    count.classList.toggle("complete", unknown === null && words.length === WORDS);
    if (unknown && unknown.meant.length > 0) {
      const meant = unknown.meant.slice(0, MEANT).map(isolate).join(" · ");
      count.textContent = say("words.meant", { word: isolate(unknown.word), meant });
    } else if (unknown) {
      count.textContent = say("words.unknown", { word: isolate(unknown.word) });
    } else {
      count.textContent = words.length === 0 ? "" : say("words.count", { typed: countText(words.length), n: WORDS });
    }
    element("task-words").classList.toggle("done", this.#wordsDone() && unknown === null);
  }

  #showFingerprint() {
    const { hex, missing, wrong } = readFingerprint(this.#entries.fingerprint);
    const count = element("fingerprint-count");
    count.classList.toggle("attention", wrong !== "" || missing < 0);
    count.classList.toggle("complete", wrong === "" && missing === 0);
    if (hex === "") count.textContent = "";
    else if (wrong) count.textContent = say("fingerprint.wrong", { letter: isolate(wrong) });
    else if (missing < 0) count.textContent = say("fingerprint.long", { n: -missing });
    else if (missing === 0) count.textContent = say("fingerprint.whole");
    else count.textContent = say("fingerprint.missing", { n: missing });
    const { by, policy } = this.#entries;
    const done = by === "none" || (by === "file" && policy !== null) || (by === "typed" && missing === 0 && !wrong);
    element("task-registered").classList.toggle("done", done);
  }
}
