// @ts-check
// The lists of clips under a film (templates/film_clips.html): made here or opened from files, played in their order.
//
// A list is nowhere but on this page until it is saved as a file. One that another side made is shown beside one's own.

import { LONGEST_LIST, MOST_CLIPS, parseClipList, writtenList } from "./clip_list.js";
import { keepFocus, listedClips, sideText } from "./clip_rows.js";
import { tried } from "./rehearsal.js";
import { outside } from "./timeline.js";
import { text } from "../proof/bytes.js";
import { canonical } from "../proof/canonical.js";
import { Malformed } from "../proof/errors.js";
import { element, inside, make, onPress, setOrHide } from "../page/elements.js";
import { saveFile } from "../page/files.js";
import { exactTime, timecode } from "../page/times.js";
import { isolate, momentText, plain, say } from "../page/words.js";

/** @import { Clip } from "./clip_list.js" */
/** @import { Draft } from "./clip_rows.js" */
/** @import { Film } from "./film.js" */
/** @import { Tried } from "./rehearsal.js" */
/** @import { Span } from "./timeline.js" */
/** @import { Transport } from "./transport.js" */
/**
 * A recording that clips may be of, what of it is here, and what a court has excluded of it.
 *
 * @typedef {{evidence: string, manifest: string, name: string, here: Span, excluded: readonly Span[]}} Recording
 */
/** `on`: to the end of the list, and not this clip alone. @typedef {{list: Draft, number: number, on: boolean}} Playing */

/** The lists of a page, which outlive its elements. */
export class ClipLists {
  /** @type {Draft[]} */
  all = [];

  constructor() {
    addEventListener("beforeunload", (event) => {
      if (this.all.some(({ saved, clips }) => !saved && clips.length > 0)) event.preventDefault();
    });
  }

  /** The one that new clips join, which nobody else made. @returns {Draft} */
  own() {
    const begun = this.all.find(({ opened }) => !opened);
    if (begun) return begun;
    /** @type {Draft} */
    const list = { side: "", title: "", clips: [], saved: true, opened: false };
    this.all.unshift(list);
    return list;
  }
}

export class ClipPanel {
  #lists;
  #recordings;
  #show;
  #isAudience;
  /** @type {{film: Film, transport: Transport, recording: Recording} | null} */
  #shown = null;
  /** @type {number | null} where a new clip begins, µs */
  #begin = null;
  /** @type {Playing | null} */
  #playing = null;
  #changing = 0; // how many clips wait for their recording to take the place of this one
  /** @type {AbortController | null} */
  #rehearsing = null;

  /**
   * @param {ClipLists} lists @param {() => readonly Recording[]} recordings that are here by now
   * @param {(evidence: string) => Promise<boolean>} show brings the film of another recording onto the page; whether it could
   * @param {() => boolean} isAudience whether the audience window is open
   */
  constructor(lists, recordings, show, isAudience) {
    this.#lists = lists;
    this.#recordings = recordings;
    this.#show = show;
    this.#isAudience = isAudience;
    onPress("clip-begin", () => this.#beginHere());
    onPress("clip-end", () => this.#endHere());
    onPress("clips-open", () => element("clips-file", HTMLInputElement).click());
    element("clips-file").addEventListener("change", () => void this.#openFiles());
    onPress("clip-previous", () => this.#step(-1));
    onPress("clip-next", () => this.#step(1));
    onPress("clip-stop", () => this.#stop());
    onPress("rehearsal-stop", () => this.#rehearsing?.abort());
    onPress("rehearsal-print", () => print());
  }

  /** A film is on the page. @param {Film} film open @param {Transport} transport of it @param {string} evidence its own */
  follow(film, transport, evidence) {
    const recording = this.#recording(evidence);
    if (!recording) return;
    this.#shown = { film, transport, recording };
    this.#begin = null;
    film.addEventListener("reached", () => this.#playing?.on && this.#step(1));
    film.addEventListener("left", () => this.#end());
    element("clips").hidden = false;
    this.list();
  }

  /** The film is there no more. */
  leave() {
    this.#shown = null;
    this.#begin = null;
    if (this.#changing > 0) return;
    this.#playing = null;
    this.#rehearsing?.abort();
  }

  // --- a new clip -------------------------------------------------------------------------------

  #beginHere() {
    this.#begin = this.#shown?.film.at ?? null;
    this.#say();
  }

  #endHere() {
    if (!this.#shown || this.#begin === null) return;
    const { film, recording: { evidence, manifest } } = this.#shown;
    if (film.at <= this.#begin) return this.#trouble(say("clips.backwards"));
    const own = this.#lists.own();
    if (own.clips.length === MOST_CLIPS) return this.#trouble(say("clips.full", { n: MOST_CLIPS }));
    own.clips.push({ evidence, manifest, from: this.#begin, to: film.at, words: "" });
    this.#begin = null;
    this.#changed(own);
    inside(element("clip-lists"), `.clip-list:nth-child(${this.#lists.all.indexOf(own) + 1}) .clip:last-child .clip-words`).focus();
  }

  // --- files ------------------------------------------------------------------------------------

  async #openFiles() {
    const input = element("clips-file", HTMLInputElement);
    this.#trouble("");
    for (const file of input.files ?? []) {
      try {
        if (file.size > LONGEST_LIST) throw new Malformed("a list of clips that is too long");
        const list = parseClipList(new Uint8Array(await file.arrayBuffer()));
        const written = text(canonical(writtenList(list)));
        if (this.#lists.all.some((one) => text(canonical(writtenList(one))) === written)) continue; // it is here already
        this.#lists.all.push({ ...list, clips: [...list.clips], saved: true, opened: true });
      } catch (error) {
        if (!(error instanceof Malformed || error instanceof DOMException)) throw error;
        this.#trouble(say("clips.unread", { file: isolate(file.name) }));
      }
    }
    input.value = "";
    this.list();
  }

  /** @param {Draft} list */
  #save(list) {
    const bytes = canonical(writtenList(list));
    saveFile(new Blob([bytes], { type: "application/json" }), `clips-${list.side}.json`);
    list.saved = true;
    this.list();
  }

  // --- playing ----------------------------------------------------------------------------------

  /** @param {Playing} playing */
  async #play(playing) {
    const clip = playing.list.clips[playing.number];
    if (!clip) return this.#stop();
    this.#rehearsing?.abort();
    this.#playing = playing;
    const here = await this.#bring(clip);
    if (this.#playing !== playing) return; // another was chosen meanwhile
    if (!here || !this.#shown) return this.#end();
    this.#shown.film.playClip(clip);
    this.#say();
  }

  /** Has the film of a clip on the page; whether it could. @param {Clip} clip */
  async #bring({ evidence }) {
    if (evidence === this.#shown?.recording.evidence) return true;
    this.#changing += 1;
    const shown = await this.#show(evidence);
    this.#changing -= 1;
    return shown;
  }

  /** Tries each clip that is here, and writes down what it found. @param {Draft} list */
  async #rehearse(list) {
    this.#rehearsing?.abort();
    this.#stop();
    const ends = (this.#rehearsing = new AbortController());
    const { signal } = ends;
    const found = element("rehearsed");
    const stop = element("rehearsal-stop", HTMLButtonElement);
    const note = (/** @type {string} */ sentence, /** @type {boolean} */ fine) => found.append(make("li", fine ? "fine" : "trouble", sentence));
    found.replaceChildren();
    element("rehearsal").hidden = false;
    stop.hidden = false;
    element("rehearsal-what").textContent = say("rehearsal.list", { side: sideText(list.side), title: isolate(list.title), at: momentText(new Date()) });
    note(say(this.#isAudience() ? "rehearsal.audience" : "rehearsal.no-audience"), this.#isAudience());
    for (const [at, clip] of [...list.clips].entries()) {
      const number = at + 1;
      const lack = this.#lack(clip) ?? ((await this.#bring(clip)) && this.#shown ? null : say("clips.elsewhere"));
      if (signal.aborted) break;
      if (lack !== null || !this.#shown) {
        note(say("rehearsal.lack", { number, lack: lack ?? "" }), false);
        continue;
      }
      const { film, recording } = this.#shown;
      const one = await tried(film, clip, signal);
      const where = say("rehearsal.where", { recording: recording.name, from: isolate(exactTime(clip.from)), to: isolate(exactTime(clip.to)) });
      note(`${triedText(number, one)} ${where}`, one.outcome === "played" && one.lost === 0);
      if (one.outcome === "left") break; // somebody wants to see something else
    }
    if (this.#rehearsing !== ends) return; // another has begun
    this.#rehearsing = null;
    stop.hidden = true;
    found.append(make("li", "ask", say("rehearsal.hear")));
  }

  /** @param {number} by clips forth or back; one that cannot be played is passed over */
  #step(by) {
    if (!this.#playing) return;
    const { clips } = this.#playing.list;
    let number = this.#playing.number + by;
    while (clips[number] && this.#lack(clips[number]) !== null) number += by;
    void this.#play({ ...this.#playing, number: number < 0 ? this.#playing.number : number });
  }

  #stop() {
    this.#shown?.film.pause();
    this.#end();
  }

  #end() {
    this.#playing = null;
    this.#shown?.film.release();
    this.#say();
  }

  /** Why it cannot be played here; null where it can. @param {Clip | undefined} clip */
  #lack(clip) {
    const recording = this.#recording(clip?.evidence);
    if (!recording) return say("clips.elsewhere");
    if (recording.manifest !== clip?.manifest) return say("clips.altered");
    const { from, to } = recording.here;
    if (clip.to <= from || to <= clip.from) return say("clips.outside");
    return outside(recording.excluded, clip).length > 0 ? null : say("clips.excluded");
  }

  /** @param {string | undefined} evidence */
  #recording(evidence) {
    return this.#recordings().find((one) => one.evidence === evidence);
  }

  // --- what is shown ----------------------------------------------------------------------------

  /** Where it is: which clip of how many, and where in the whole recording. */
  #say() {
    element("clip-end", HTMLButtonElement).disabled = this.#begin === null;
    setOrHide("clip-begun", this.#begin === null ? null : say("clips.begun", { at: isolate(exactTime(this.#begin)) }));
    element("clip-playing").hidden = this.#playing === null;
    for (const row of element("clip-lists").querySelectorAll(".clip")) row.removeAttribute("aria-current");
    if (!this.#playing || !this.#shown) return;
    const { list, number } = this.#playing;
    const { from, to, words } = /** @type {Clip} */ (list.clips[number]);
    const { film, recording } = this.#shown;
    element("clip-now").textContent = say("clips.now", {
      number: number + 1,
      last: list.clips.length,
      side: sideText(list.side),
      recording: recording.name,
      from: isolate(exactTime(from)),
      to: isolate(exactTime(to)),
      length: isolate(timecode(film.timeline.end)),
    });
    element("clip-words").textContent = words === "" ? "" : `“${plain(words)}”`;
    const place = this.#lists.all.indexOf(list);
    element("clip-lists").children[place]?.querySelectorAll(".clip")[number]?.setAttribute("aria-current", "true");
  }

  /** @param {string} sentence */
  #trouble(sentence) {
    setOrHide("clips-trouble", sentence);
  }

  /** @param {Draft} list */
  #changed(list) {
    list.saved = false;
    if (this.#playing?.list === list) this.#stop(); // its numbers are others now
    this.#trouble("");
    this.list();
  }

  /** Shows the lists as they are, and what of them is here. */
  list() {
    const lists = element("clip-lists");
    keepFocus(lists, () => lists.replaceChildren(...this.#lists.all.map((list) => this.#listed(list))));
    this.#mark();
    this.#say();
  }

  /** Puts the clips of this film onto its line. */
  #mark() {
    if (!this.#shown) return;
    const { transport, recording } = this.#shown;
    const all = this.#lists.all.flatMap((list) => list.clips.map((clip, number) => ({ list, clip, number })));
    const bands = all.filter(({ clip }) => clip.evidence === recording.evidence && this.#lack(clip) === null);
    transport.clips(bands.map(({ list, clip, number }) => ({
      clip,
      sentence: say("clips.band", { number: number + 1, side: sideText(list.side) }),
      act: () => void this.#play({ list, number, on: false }),
    })));
  }

  /** @param {Draft} list */
  #listed(list) {
    return listedClips(list, {
      lack: (clip) => this.#lack(clip),
      name: ({ evidence }) => this.#recording(evidence)?.name ?? "",
      play: (number) => void this.#play({ list, number, on: false }),
      playAll: () => {
        this.#playing = { list, number: -1, on: true };
        this.#step(1);
      },
      rehearse: () => void this.#rehearse(list),
      save: () => this.#save(list),
      close: () => {
        if (this.#playing?.list === list) this.#stop();
        this.#lists.all.splice(this.#lists.all.indexOf(list), 1);
        this.list();
      },
      changed: () => this.#changed(list),
      moved: () => this.#mark(),
      trouble: (sentence) => this.#trouble(sentence),
    });
  }
}

/** @param {number} number of the clip @param {Tried} tried */
const triedText = (number, { outcome, waited, lost, all }) =>
  [say(`rehearsal.${outcome}`, { number, n: Math.round(waited / 100) / 10 }), outcome === "played" ? say("rehearsal.lost", { n: lost, all }) : ""].join(" ").trim();
