// @ts-check
// The films of a package: one at a time in the player, each fragment checked before it is shown, and what the
// recording says of itself beside it. They may be watched while the rest is still being verified.

import { itemText, partName, wallText } from "./names.js";
import { offerPackaged } from "./transcripts.js";
import { NotProved } from "../proof/errors.js";
import { cutsOf } from "../proof/recording/excerpts.js";
import { Film } from "../film/film.js";
import { happenings, trackName } from "../exhibit/happenings.js";
import { listHappenings } from "../exhibit/happening_list.js";
import { pictureLink } from "./shown_pictures.js";
import { overlap, passagesOf, showPassages } from "../exhibit/passages.js";
import { ClipPanel } from "../film/clips.js";
import { Presenting } from "../film/presenting.js";
import { Stage } from "../film/stage.js";
import { showStrip } from "../film/strip.js";
import { Transport } from "../film/transport.js";
import { element, elements, inside, makeButton, setOrHide, setTag } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { momentText, say } from "../page/words.js";

/** @import { ClipLists, Recording } from "../film/clips.js" */
/** @import { Run } from "../package/run.js" */
/** @import { Item } from "../package/verify.js" */
/** @typedef {{evidence: string, at: number, playing: boolean, transcripts: string[]}} Place the position of the reader, and which transcripts were open */

const OWN = Object.freeze(["player", "transcripts"]); // sections that each film has anew

/** What distinguishes an item from the others: its part, and its time where parts of several interviews are there. @param {Item} item @param {Item[]} items */
function nameOf(item, items) {
  const { interview, epoch } = item.header;
  const several = items.some(({ header }) => header.interview !== interview);
  return several ? `${partName(item)} · ${momentText(new Date(epoch))}` : partName(item);
}

/** As clips know it. @param {Item} item @param {Item[]} items @returns {Recording} */
function recordingOf(item, items) {
  const to = item.records.reduce((latest, { start, duration }) => Math.max(latest, start + duration), 0);
  const { manifest } = item.seal.statement.body;
  return { evidence: item.evidence, manifest, name: nameOf(item, items), here: item.excerpt ?? { from: 0, to }, excluded: passagesOf(item.chain, item.evidence) };
}

export class PackageFilms {
  #run;
  #presenting = new Presenting();
  #clips;
  /** @type {Recording[]} */
  #known = [];
  /** @type {{item: Item, film: Film, stage: Stage | null, transport: Transport | null} | null} */
  #open = null;
  #pristine;
  #opening = 0;
  #over = false; // nothing is shown any more

  /** @param {Run} run @param {ClipLists} lists of clips @param {AbortSignal} closing @param {Place | null} [place] to continue from */
  constructor(run, lists, closing, place = null) {
    this.#run = run;
    this.#clips = new ClipPanel(lists, () => this.#recordings(), (evidence) => this.#showOther(evidence), () => this.#presenting.isOpen);
    this.#pristine = OWN.map((id) => ({ id, section: element(id).cloneNode(true) }));
    run.addEventListener("playable", () => this.#offer(null), { signal: closing });
    run.addEventListener("over", () => this.#conclude(), { signal: closing });
    closing.addEventListener("abort", () => {
      this.#over = true;
      this.close();
      this.#presenting.close();
    });
    this.#offer(place);
  }

  /** @returns {Place | null} */
  get place() {
    if (!this.#open) return null;
    const { item, film } = this.#open;
    const transcripts = elements("#transcripts [aria-pressed='true']").map(({ dataset }) => dataset.transcript ?? "");
    return { evidence: item.evidence, at: film.at, playing: film.playing && film.clip === null, transcripts };
  }

  close() {
    this.#opening += 1;
    this.#presenting.leave();
    this.#clips.leave();
    this.#open?.film.close();
    this.#open?.stage?.close();
    this.#open?.transport?.close();
    this.#open = null;
  }

  /** @param {Place | null} place */
  #offer(place) {
    const { items } = this.#run;
    const bar = element("items");
    bar.replaceChildren(
      ...items.map((item) => {
        const button = makeButton("segment", nameOf(item, items), () => this.#show(item, null));
        button.dataset.evidence = item.evidence;
        return button;
      }),
    );
    bar.hidden = items.length < 2;
    const first = items.find(({ evidence }) => evidence === place?.evidence) ?? items[0];
    if (first && !this.#open) return this.#show(first, place);
    this.#press();
    if (this.#open?.transport) this.#clips.list();
  }

  #press() {
    for (const button of element("items").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.evidence === this.#open?.item.evidence));
    }
  }

  /** A package that is not proved is not shown, but for a recording in which one second is not what it was. */
  #conclude() {
    const { end } = this.#run;
    if (end?.end === "verdict" && (end.verdict.outcome !== "not proved" || end.verdict.failure?.fragment)) return this.#offerTranscripts([]);
    this.#over = true;
    this.close();
    this.#presenting.close();
    for (const id of ["films", "clips", "rehearsal", "happened", "film-keys"]) element(id).hidden = true;
  }

  /** @param {Item} item @param {Place | null} place */
  async #show(item, place) {
    if (this.#over) return;
    this.close();
    const turn = this.#opening;
    for (const { id, section } of this.#pristine) element(id).replaceWith(section.cloneNode(true));
    element("film-trouble").hidden = true;
    const film = new Film(item.film);
    this.#open = { item, film, stage: null, transport: null };
    this.#press();
    this.#title(item);
    try {
      if (typeof MediaSource === "undefined") throw new DOMException("no Media Source Extensions");
      const { tracks } = await film.open();
      if (turn !== this.#opening) return film.close();
      const stage = new Stage(tracks);
      film.show(stage.elements);
      this.#open.stage = stage;
      this.#open.transport = this.#present(film, stage);
      const { begin: from, end: to } = film.timeline;
      const passages = passagesOf(item.chain, item.evidence).filter((one) => overlap(one, { from, to }));
      showPassages(passages, film, stage, this.#open.transport, "package");
      this.#presenting.show(film, stage, passages);
      this.#clips.follow(film, this.#open.transport, item.evidence);
      if (place && place.at !== film.at) film.seek(place.at);
      if (place?.playing) film.play();
      this.#offerTranscripts(place?.transcripts ?? []);
      await this.#showHappenings(film, item, turn);
    } catch (error) {
      if (turn !== this.#opening || error instanceof NotProved) return; // the verdict says it
      if (!(error instanceof DOMException)) throw error;
      this.#trouble(say("film.no-player"));
    }
  }

  /** The recordings that may be shown by now. @returns {Recording[]} */
  #recordings() {
    const { items } = this.#run;
    if (this.#known.length !== items.length) this.#known = items.map((item) => recordingOf(item, items));
    return this.#known;
  }

  /** Shows the film of another recording; whether it could. @param {string} evidence */
  async #showOther(evidence) {
    const item = this.#run.items.find((one) => one.evidence === evidence);
    if (item) await this.#show(item, null);
    return this.#open?.item === item && this.#open?.transport !== null;
  }

  /** Like all files, once the package is proved; and once the film is open. @param {readonly string[]} shown those to open again */
  #offerTranscripts(shown) {
    const { verdict } = this.#run;
    const { item, film, transport } = this.#open ?? {};
    if (!verdict || verdict.outcome === "not proved" || !item || !film || !transport) return;
    offerPackaged(item, film, verdict, transport, this.#presenting);
    for (const id of shown) inside(element("transcripts"), `[data-transcript="${id}"]`).click();
  }

  /** @param {Item} item */
  #title(item) {
    const { excerpt, manifest } = item;
    element("film-title").textContent = itemText(item);
    const cutOff = manifest.state === "interrupted";
    const kind = excerpt ? "film.excerpt" : cutOff ? "film.interrupted" : "film.whole";
    setTag(element("film-kind"), say(kind), excerpt || cutOff ? "amber" : "plain");
    const bounds = element("film-bounds");
    bounds.hidden = !excerpt;
    if (excerpt) {
      const [from, to] = [timecode(excerpt.from), timecode(excerpt.to)];
      bounds.textContent = say("film.bounds", { from, to, begins: wallText(item, excerpt.from), ends: wallText(item, excerpt.to) });
    }
    element("films").hidden = false;
    element("film-keys").hidden = false;
  }

  /** @param {Film} film @param {Stage} stage @returns {Transport} */
  #present(film, stage) {
    element("player").hidden = false;
    const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
    stage.follow(film);
    film.addEventListener("stopped", (event) => stage.note(say("film.stopped", { at: timecode(detail(event).at) })));
    film.addEventListener("play", () => this.#trouble(""));
    film.addEventListener("unavailable", () => this.#trouble(say("film.unavailable")));
    for (const trouble of ["unplayable", "unhearable"]) {
      film.addEventListener(trouble, (event) => {
        const { track, at } = detail(event);
        this.#trouble(say(`film.${trouble}`, { track: trackName(film, track), at: timecode(at) }));
      });
    }
    const transport = new Transport(film, stage);
    showStrip(element("strip", SVGSVGElement), film);
    const failed = (/** @type {number} */ at) => transport.markFailed(at, say("film.altered", { at: timecode(at) }));
    for (const record of film.records) if (film.state(record.index) === "failed") failed(record.start);
    film.addEventListener("failed", (event) => failed(detail(event).at));
    return transport;
  }

  /** @param {string} sentence */
  #trouble(sentence) {
    setOrHide("film-trouble", sentence);
  }

  /** @param {Film} film @param {Item} item @param {number} turn */
  async #showHappenings(film, { excerpt, records, manifest }, turn) {
    const events = await film.events();
    const transport = this.#open?.transport;
    if (turn !== this.#opening || !transport) return;
    const found = happenings(film, events, excerpt && cutsOf(records, manifest));
    listHappenings(found, transport, (shown) => pictureLink(shown, this.#run));
  }
}
