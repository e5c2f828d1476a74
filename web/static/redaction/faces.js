// @ts-check
// Faces that the center proposes for covering, in the part and camera that are open: asked for, waited for, looked at
// one by one, and taken into the edits or dismissed, by a person. Nothing gets into the edits by itself.
//
// A proposal is dashed over the picture (face_boxes.js), and listed here with its times.

import { Unavailable } from "../proof/errors.js";
import { faceBoxes } from "./face_boxes.js";
import { roomFor } from "./edits.js";
import { begin, end, samePath } from "./paths.js";
import { makeRow } from "./table.js";
import { regionTimes, sentence } from "./words.js";
import { ask, post, read } from "../page/requests.js";
import { inOne } from "../page/trouble.js";
import { element, makeButton, onPress, setOrHide, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { countText, known, say, word } from "../page/words.js";

/** @import { Clock } from "./clock.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Edits, Region } from "./edits.js" */
/** `before`, `after`: the edits without and with it, as taking it left them. @typedef {{region: Region, number: number, state: "open" | "taken" | "dismissed", before: Edits | null, after: Edits | null}} Proposal */
/** What the center says of a search. @typedef {{state: "none"} | {state: "waiting" | "looking" | "done" | "cancelled" | "failed", evidence: string, picture: string, done: number, total: number, unseen: number, regions: Region[], failure: string | null}} Search */
/**
 * @typedef {object} Hands
 * @property {string} list @property {string} viewing ids @property {Desk} desk @property {Clock} clock
 * @property {() => string} camera whose picture is looked at @property {(picture: string) => HTMLElement | null} frame
 * @property {(at: number) => void} go
 */

const AGAIN = 1000; // ms between two questions how far it is

export class Faces {
  #hands;
  #drawBoxes;
  #address;
  #closed = false;
  #going = false;
  #latest = 0;
  /** @type {Proposal[]} */
  #proposals = [];
  /** @type {Proposal | null} */
  #shown = null;

  /** @param {Hands} hands @param {AbortSignal} signal */
  constructor(hands, signal) {
    this.#hands = hands;
    this.#address = `/redactions/${hands.list}/faces`;
    this.#drawBoxes = faceBoxes(hands.frame);
    signal.addEventListener("abort", () => this.#close());
    hands.clock.each(() => this.#draw());
    this.#render();
    if (!document.getElementById("faces-look")) return; // none can be looked for on this machine
    hands.desk.addEventListener("change", () => this.#follow(), { signal });
    onPress("faces-look", () => void this.#begin(), signal);
    onPress("faces-stop", () => void this.#stop(), signal);
    addEventListener("pagehide", ({ persisted }) => void (persisted || this.#close()), { signal });
    this.#showState(null);
    void this.#ask();
  }

  get #open() {
    return this.#proposals.filter(({ state }) => state === "open");
  }

  // --- the center looks -------------------------------------------------------------------------

  async #begin() {
    this.#showState("begun");
    await this.#with(() => post(this.#address, { viewing: this.#hands.viewing, picture: this.#hands.camera() }));
  }

  async #stop() {
    this.#latest += 1;
    try {
      await ask(`${this.#address}/cancel`, { method: "POST" });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return void this.#ask(); // it was not stopped: its state is asked again
    }
    this.#showState("cancelled");
    element("faces-look", HTMLButtonElement).focus();
  }

  /** The part is not open here any more: its search is not wanted. */
  #close() {
    this.#closed = true;
    if (!this.#going) return;
    this.#going = false;
    // Where this does not arrive the center notices that it is not asked any more.
    ask(`${this.#address}/cancel`, { method: "POST", keepalive: true }).catch(() => {});
  }

  async #ask() {
    await this.#with(() => read(this.#address));
  }

  /** @param {() => Promise<Search>} question */
  async #with(question) {
    const request = (this.#latest += 1);
    /** @type {Search} */
    let search;
    try {
      search = await question();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (this.#closed || request !== this.#latest) return;
      if (error.words) return this.#showState("refused", inOne(error.words));
      this.#showState("network");
      setTimeout(() => !this.#closed && request === this.#latest && void this.#ask(), 3 * AGAIN);
      return;
    }
    if (this.#closed || request !== this.#latest) return;
    if (search.state === "none" || search.evidence !== this.#hands.desk.part?.evidence) return this.#showState(null);
    this.#showSearch(search);
  }

  /** @param {Exclude<Search, {state: "none"}>} search */
  #showSearch(search) {
    const { state, done, total, failure, picture, unseen } = search;
    if (state === "waiting" || state === "looking") {
      const values = { camera: word("track", picture), done: timecode(done), total: timecode(total) };
      this.#showState(state, say(`faces.${total > 0 ? "looking" : "waiting"}`, values), total > 0 ? done / total : null);
      const request = this.#latest;
      setTimeout(() => !this.#closed && request === this.#latest && void this.#ask(), AGAIN);
      return;
    }
    if (state === "failed") {
      const code = `faces.failed.${failure}`;
      return this.#showState("failed", say(known(code) ? code : "faces.failed"));
    }
    if (state === "cancelled") return this.#showState(this.#going ? state : null); // elsewhere, or since this page was asleep
    const { regions: there } = this.#hands.desk.edits;
    this.#proposals = search.regions.map((region, i) => ({ region, number: i + 1, state: "open", before: null, after: null }));
    for (const one of this.#proposals) {
      if (there.some((region) => same(region, one.region))) one.state = "taken"; // before the page was loaded anew
    }
    const found = search.regions.length;
    const text = say(found > 0 ? "faces.found" : "faces.none", { n: found, camera: word("track", picture) });
    const missing = unseen > 0 ? ` ${say("faces.unseen", { length: timecode(unseen) })}` : "";
    this.#showState("done", text + missing);
    this.#render();
  }

  /** The state of the search. @param {string | null} state @param {string} [text] @param {number | null} [share] of what is looked at */
  #showState(state, text = state === null ? "" : say(`faces.${state}`), share = null) {
    const going = state === "begun" || state === "waiting" || state === "looking" || state === "network";
    this.#going = going;
    element("faces-look", HTMLButtonElement).hidden = going;
    element("faces-going", HTMLElement).hidden = !going;
    const bar = element("faces-progress", HTMLProgressElement);
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    setOrHide("faces-said", text);
  }

  // --- a person looks ---------------------------------------------------------------------------

  /** To the next proposal without an answer, from the one that is shown. */
  next() {
    const open = this.#open;
    const [first] = open;
    if (!first) return this.#say("faces.no-more");
    const after = open.find(({ number }) => number > (this.#shown?.number ?? 0)) ?? first;
    this.#show(after);
    const { region, number } = after;
    this.#say("faces.shown", { number, at: begin(region.path) });
  }

  take() {
    const one = this.#shown;
    if (!one || one.state !== "open") return this.#say("faces.none-shown");
    const { desk } = this.#hands;
    const before = desk.edits;
    if (!desk.take(one.region)) return;
    Object.assign(one, { state: "taken", before, after: desk.edits });
    this.#leave(one);
  }

  dismiss() {
    const one = this.#shown;
    if (!one || one.state !== "open") return this.#say("faces.none-shown");
    one.state = "dismissed";
    this.#say("faces.dismissed", { number: one.number });
    this.#leave(one);
  }

  /** @param {Proposal} one */
  #show(one) {
    this.#shown = one;
    const { path } = one.region;
    const { at } = this.#hands.clock;
    if (at < begin(path) || at > end(path)) this.#hands.go(begin(path));
    this.#render();
  }

  /** One is answered: the focus goes to what takes its place. @param {Proposal} one */
  #leave(one) {
    const held = Boolean(document.activeElement?.closest("#faces-list"));
    this.#shown = null;
    this.#render();
    if (!held) return;
    const next = this.#open.find(({ number }) => number > one.number) ?? this.#open[0];
    const button = next && document.getElementById(`face-show-${next.number}`);
    (button ?? element("faces-title", HTMLElement)).focus();
  }

  /** A proposal that was taken and is undone is listed again; one that is redone is not. */
  #follow() {
    const { edits } = this.#hands.desk;
    for (const one of this.#proposals) {
      if (one.state === "taken" && one.before === edits) one.state = "open";
      else if (one.state === "open" && one.after === edits) one.state = "taken";
      else continue;
      this.#render();
    }
    this.#showRoom();
    this.#draw();
  }

  /** What the list has no room for cannot be taken, and stays uncovered: that is shown as long as it is so. */
  #showRoom() {
    const open = this.#open.map(({ region }) => region);
    const room = roomFor(this.#hands.desk.edits, open);
    const text = room < open.length ? say("faces.left", { n: open.length, room: countText(room) }) : "";
    setText("faces-left", text);
    element("faces-beyond", HTMLElement).hidden = text === "";
  }

  /** @param {string} code @param {Record<string, unknown>} [values] */
  #say(code, values = {}) {
    element("said", HTMLElement).textContent = sentence(code, values);
  }

  // --- drawing ----------------------------------------------------------------------------------

  #draw() {
    this.#drawBoxes(this.#open.map(({ region }) => region), this.#shown?.region ?? null, this.#hands.clock.at);
  }

  #render() {
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
    element("faces-list", HTMLElement).replaceChildren(...this.#open.map((one) => this.#row(one)));
    element("faces-table", HTMLElement).hidden = this.#open.length === 0;
    if (held.startsWith("face-")) document.getElementById(held)?.focus();
    this.#showRoom();
    this.#draw();
  }

  /** @param {Proposal} one */
  #row(one) {
    const { region, number } = one;
    const name = say("faces.name", { number: countText(number), picture: word("track", region.picture) });
    const act = (/** @type {string} */ code, /** @type {() => void} */ then) => {
      const button = makeButton("link", say(`faces.${code}`), then);
      button.id = `face-${code}-${number}`;
      button.setAttribute("aria-label", say(`faces.${code}.of`, { name }));
      return button;
    };
    const answer = (/** @type {() => void} */ how) => () => {
      this.#shown = one;
      how();
    };
    const acts = [act("show", () => this.#show(one)), act("take", answer(() => this.take())), act("dismiss", answer(() => this.dismiss()))];
    return makeRow(name, regionTimes(region), acts, one === this.#shown);
  }
}

/** @param {Region} one @param {Region} other */
const same = (one, other) => one.evidence === other.evidence && one.picture === other.picture && samePath(one.path, other.path);
