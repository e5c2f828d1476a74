// @ts-check
// Writing a transcript beside its recording: cues as rows, the film under one's hands, saved while one types.
//
// Every command has a button and a key; keys are known by their place on the keyboard, so they are the same in every
// language.

import { lacks } from "../exhibit/lacks.js";
import { control, openExhibit } from "../exhibit/open.js";
import { showFailure } from "../exhibit/panels.js";
import { CueRows } from "./cue_rows.js";
import * as draft from "./draft_cues.js";
import { openTranscript, troubleWords } from "./opened.js";
import { DraftSaving } from "./draft_saving.js";
import { spokenAt } from "./moments.js";
import { post } from "../viewing/server.js";
import { element, elements, make, onPress, setOrHide } from "../page/elements.js";
import { SECOND } from "../page/times.js";
import { countText, say } from "../page/words.js";

/** @import { Cue } from "./webvtt.js" */
/** @import { Film } from "../film/film.js" */
/** @import { Transport } from "../film/transport.js" */

const UPDATE_WITHIN = 200; // ms after a change until the problems and counts are updated
const page = element("editor");
const { id = "", evidence = "", language = "", translates = "", translatesLanguage = "", replaces = "" } = page.dataset;

/** @param {string} purpose */
async function open(purpose) {
  const { viewing, direct } = await post(`/evidence/${evidence}/viewings`, { purpose });
  const opened = { base: `/viewings/${viewing}`, evidence, direct: direct === true };
  const report = () => {}; // the steps are listed on the exhibit's page; here only a failure is shown
  const exhibit = await openExhibit(opened, { report });
  const { film } = exhibit;
  const transport = control(exhibit);
  const original = translates ? (await openTranscript(translates, purpose)).cues : null;
  const editor = new Editor(film, transport, new DraftSaving(evidence, id, viewing, purpose));
  if (original) editor.rows.original = { language: translatesLanguage, cues: original };
  await editor.begin(async () => {
    if (replaces) return (await openTranscript(replaces, purpose)).cues;
    return original ? draft.emptied(original) : [];
  });
}

class Editor {
  #film;
  #transport;
  #saving;
  /** @type {readonly Cue[]} */
  #cues = [];
  #at = 0;
  /** @type {Cue[]} what was removed, the last one last */
  #gone = [];
  #updating = 0;
  #follow = element("follow", HTMLInputElement);

  /** @param {Film} film @param {Transport} transport @param {DraftSaving} saving */
  constructor(film, transport, saving) {
    this.#film = film;
    this.#transport = transport;
    this.#saving = saving;
    this.rows = new CueRows(element("cues"), language, {
      change: (at, change) => this.#change(at, change),
      choose: (at) => (this.#at = at),
      go: (at) => transport.go((this.#cues[at]?.begin ?? 0) * 1000),
    });
    film.addEventListener("time", () => this.rows.follow(spokenAt(this.#cues, this.#now), this.#follow.checked && film.playing));
    for (const type of ["play", "pause"]) film.addEventListener(type, () => this.#showPlaying());
    for (const button of elements("button[data-deed]", HTMLButtonElement)) {
      button.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays in its words
      button.addEventListener("click", () => this.#do(button.dataset.deed ?? ""));
    }
    document.addEventListener("keydown", (event) => this.#key(event));
    onPress("reopen", () => this.#trying(() => saving.reopen()));
    onPress("take-theirs", () => this.#trying(() => this.#takeTheirs()));
    onPress("save-mine", () => this.#trying(async () => saving.settle((await saving.newest()).version, this.#cues)));
    onPress("keep-now", () => this.#trying(() => this.#keep()));
    onPress("keep", () => this.#ask());
    onPress("keep-not", () => element("keeping", HTMLDialogElement).close());
  }

  /** @param {() => Promise<readonly Cue[]>} seed the cues of a draft that has no version yet */
  async begin(seed) {
    const held = await this.#saving.newest();
    this.#saving.settle(held.version, null);
    const fresh = held.version === 0 && held.cues.length === 0;
    this.#show(fresh ? await seed() : held.cues, 0);
    if (fresh && this.#cues.length > 0) this.#saving.changed(this.#cues);
    element("writing").hidden = false;
  }

  get #now() {
    return Math.round(this.#film.at / 1000);
  }

  /** @param {readonly Cue[]} cues @param {number} at */
  #show(cues, at) {
    this.#cues = cues;
    this.rows.show(cues);
    this.#at = Math.min(at, Math.max(0, cues.length - 1));
    this.#update();
  }

  /** Looking at thousands of cues with each sign that is typed would be felt. */
  #updateSoon() {
    this.#updating ||= setTimeout(() => this.#update(), UPDATE_WITHIN);
  }

  #update() {
    clearTimeout(this.#updating);
    this.#updating = 0;
    const wanting = this.#problems;
    for (const restore of elements('button[data-deed="restore"]', HTMLButtonElement)) restore.disabled = this.#gone.length === 0;
    this.rows.showProblems(wanting);
    element("no-cues").hidden = this.#cues.length > 0;
    if (wanting.size === 0 && this.#cues.length > 0) element("not-yet").hidden = true;
    element("count").textContent = say("count", { n: this.#cues.length, wanting: countText(wanting.size) });
    element("speakers").replaceChildren(...draft.speakers(this.#cues).map((name) => make("option", { value: name })));
  }

  get #problems() {
    return draft.problems(this.#cues, this.#film.timeline.end / 1000);
  }

  /** @param {number} at @param {Partial<Cue>} change */
  #change(at, change) {
    this.#cues = draft.changed(this.#cues, at, change);
    const cue = this.#cues[at];
    if (cue) this.rows.refresh(at, cue);
    this.#updateSoon();
    this.#saving.changed(this.#cues);
  }

  /** @param {readonly Cue[]} cues @param {number} at @param {number} [caret] */
  #changeAll(cues, at, caret) {
    if (cues === this.#cues) return;
    this.#show(cues, at);
    this.rows.focus(this.#at, "text", caret);
    this.#saving.changed(this.#cues);
  }

  /** @param {number} at */
  #choose(at) {
    if (at < 0 || at >= this.#cues.length) return;
    this.#at = at;
    this.rows.focus(at);
  }

  /** @param {string} name */
  #do(name) {
    const [cues, at] = [this.#cues, this.#at];
    /** @type {Record<string, () => void>} */
    const commands = {
      play: () => this.#transport.toggle(),
      back: () => this.#film.seek(this.#film.at - 2 * SECOND),
      forth: () => this.#film.seek(this.#film.at + 2 * SECOND),
      begin: () => this.#change(at, { begin: this.#now }),
      end: () => this.#change(at, { end: this.#now }),
      previous: () => this.#choose(at - 1),
      next: () => this.#choose(at + 1),
      go: () => this.#transport.go((cues[at]?.begin ?? 0) * 1000),
      split: () => this.#changeAll(draft.split(cues, at, this.rows.caret(at), this.#now), at + 1, 0),
      join: () => this.#changeAll(draft.join(cues, at), at, cues[at]?.text.length),
      add: () => {
        const one = draft.added(cues, this.#now, cues[at]?.speaker ?? "");
        this.#changeAll(one.cues, one.at);
      },
      remove: () => {
        const one = cues[at];
        if (!one) return;
        this.#gone.push(one);
        this.#changeAll(draft.removed(cues, at), at);
      },
      restore: () => {
        const one = this.#gone.pop();
        if (!one) return;
        const back = draft.restored(cues, one);
        this.#changeAll(back.cues, back.at);
      },
      turn: () => this.#change(at, { speaker: draft.nextSpeaker(cues, cues[at]?.speaker ?? "") }),
      speaker: () => this.rows.focus(at, "speaker"),
    };
    commands[name]?.();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const button = document.querySelector(`button[data-key="${event.code}"]`);
    if (!(button instanceof HTMLButtonElement) || button.disabled || element("keeping", HTMLDialogElement).open) return;
    event.preventDefault();
    this.#do(button.dataset.deed ?? "");
  }

  #showPlaying() {
    for (const words of elements('button[data-deed="play"] .deed')) words.textContent = say(this.#film.playing ? "pause" : "play");
  }

  async #takeTheirs() {
    const { version, cues } = await this.#saving.newest();
    this.#show(cues, this.#at);
    this.#saving.settle(version, null);
  }

  /** Shows what keeps it from being a transcript; else asks once more. */
  #ask() {
    const [first] = this.#problems.keys();
    const blocked = first !== undefined || this.#cues.length === 0;
    element("not-yet").hidden = !blocked;
    if (first !== undefined) this.rows.focus(first);
    if (!blocked) element("keeping", HTMLDialogElement).showModal();
  }

  async #keep() {
    element("keeping", HTMLDialogElement).close();
    await this.#saving.keep();
  }

  /** @param {() => Promise<void>} act */
  async #trying(act) {
    setOrHide("refused", null);
    try {
      await act();
    } catch (error) {
      setOrHide("refused", troubleWords(error));
    }
  }
}

const opening = element("opening", HTMLFormElement);
opening.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = element("open", HTMLButtonElement);
  button.disabled = true;
  try {
    await open(String(new FormData(opening).get("purpose")));
    opening.hidden = true;
    element("notice").hidden = true;
  } catch (error) {
    showFailure(error, () => location.reload());
    button.disabled = !element("player").hidden; // what is open already is opened anew with the page
  }
});
element("open", HTMLButtonElement).disabled = lacks() !== null;
