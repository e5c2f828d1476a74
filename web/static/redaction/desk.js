// @ts-check
// The edits on the desk: as they are now, what of them is chosen, which part is open; and every change to them, so
// that it can be undone, kept and said. Knows nothing of the page.
//
// Events: `change` (edits, part or choice are others now), `said` {code, values} (something was done, in words),
// `unfit` {code, values} (a change is not possible, and why).

import { Unfit } from "./rules.js";
import { addRegion, addStretch, changeRegion, moveStretch, placeOf, removeRegion, removeStretch } from "./edits.js";
import { History } from "./history.js";
import { begin, beginAt, end, endAt, fit, heldAt, removeKey, setKey } from "./paths.js";

/** @import { Edits, Region, Stretch, Stretches } from "./edits.js" */
/** @import { Box } from "./paths.js" */
/** @typedef {{kind: "regions" | Stretches, index: number}} Chosen */

export class Desk extends EventTarget {
  /** The part that is open, and where it ends. @type {{evidence: string, end: number} | null} */
  part = null;
  /** @type {Chosen | null} */
  #chosen = null;
  #history;

  /** @param {Edits} edits */
  constructor(edits) {
    super();
    this.#history = new History(edits);
  }

  get edits() {
    return this.#history.present;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /** What is chosen, as long as it is there. */
  get chosen() {
    return this.#chosen && this.#chosen.index < this.edits[this.#chosen.kind].length ? this.#chosen : null;
  }

  /** The covered region that is chosen, in the part that is open: only there times mean what is seen. @returns {Region | null} */
  get region() {
    const one = this.chosen?.kind === "regions" ? this.edits.regions[this.chosen.index] : null;
    return one && one.evidence === this.part?.evidence ? one : null;
  }

  /** The stretch that is chosen, in the part that is open. @returns {Stretch | null} */
  get stretch() {
    const { chosen } = this;
    const one = chosen && chosen.kind !== "regions" ? this.edits[chosen.kind][chosen.index] : null;
    return one && one.evidence === this.part?.evidence ? one : null;
  }

  /** @param {Chosen | null} chosen */
  choose(chosen) {
    if (chosen?.kind === this.#chosen?.kind && chosen?.index === this.#chosen?.index) return;
    this.#chosen = chosen;
    this.#history.rest();
    this.#changed();
  }

  /** @param {string} evidence @param {number} end µs */
  open(evidence, end) {
    this.part = { evidence, end };
    this.#chosen = null;
    this.#changed();
  }

  /**
   * Something is done to the edits; where it cannot be, that is said and they stay.
   *
   * @param {(edits: Edits) => Edits} change @param {string} code what was done @param {Record<string, unknown>} [values]
   * @param {string} [kind] see `History.go`
   * @returns {boolean} whether it was done
   */
  do(change, code, values = {}, kind = "") {
    try {
      this.#history.go(change(this.edits), kind);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      this.say("unfit", error.code, error.values);
      return false;
    }
    this.#changed();
    this.say("said", code, values);
    return true;
  }

  undo() {
    if (!this.canUndo) return;
    this.#history.undo();
    this.#changed();
    this.say("said", "undone");
  }

  redo() {
    if (!this.canRedo) return;
    this.#history.redo();
    this.#changed();
    this.say("said", "redone");
  }

  // --- what is covered --------------------------------------------------------------------------

  /**
   * Covers something from a moment on. It stays covered until the part's end: what is forgotten must not be seen.
   *
   * @param {Omit<Region, "evidence" | "path">} how @param {number} at @param {Box} box
   */
  cover(how, at, box) {
    const { part } = this;
    if (!part) return;
    const index = this.edits.regions.length;
    const done = this.do((edits) => {
      if (at >= part.end) throw new Unfit("at-end");
      const path = [at, part.end].map((moment) => ({ at: moment, ...fit(box) }));
      return addRegion(edits, { ...how, evidence: part.evidence, path });
    }, "covered", { at });
    if (done) this.choose({ kind: "regions", index });
  }

  /** A region that was proposed becomes one of the edits. @param {Region} region @returns {boolean} whether it did */
  take(region) {
    const index = this.edits.regions.length;
    const values = { from: begin(region.path), to: end(region.path) };
    const done = this.do((edits) => addRegion(edits, region), "taken", values);
    if (done) this.choose({ kind: "regions", index });
    return done;
  }

  /** @param {number} index @param {number} at @param {Box} box @param {string} [kind] */
  setKey(index, at, box, kind = "") {
    const region = this.edits.regions[index];
    if (!region) return;
    this.do((edits) => changeRegion(edits, index, { path: setKey(region.path, at, box) }), "key-set", { at }, kind);
  }

  /** A key where the chosen box is now. @param {number} at */
  setKeyHere(at) {
    const { region, chosen } = this;
    if (region && chosen) this.setKey(chosen.index, at, heldAt(region.path, at));
    else this.say("unfit", "none-chosen");
  }

  /** @param {"removeKey" | "beginAt" | "endAt"} what @param {number} at */
  changePath(what, at) {
    const { region, chosen } = this;
    if (!region || !chosen) return this.say("unfit", "none-chosen");
    const change = { removeKey, beginAt, endAt }[what];
    const code = { removeKey: "key-removed", beginAt: "begins", endAt: "ends" }[what];
    this.do((edits) => changeRegion(edits, chosen.index, { path: change(region.path, at) }), code, { at });
  }

  /** @param {Partial<Pick<Region, "shape" | "cover">>} how */
  changeHow(how) {
    const { region, chosen } = this;
    if (region && chosen) this.do((edits) => changeRegion(edits, chosen.index, how), "changed");
  }

  // --- what is silenced and cut -----------------------------------------------------------------

  /** @param {Stretches} kind @param {number} from @param {number} to */
  addStretch(kind, from, to) {
    const { part } = this;
    if (!part) return;
    const stretch = { evidence: part.evidence, from, to };
    const code = kind === "cuts" ? "cut" : "silenced";
    if (this.do((edits) => addStretch(edits, kind, this.#within(stretch)), code, { from, to })) this.choose(null);
  }

  /** Gives the chosen stretch other times. @param {number} from @param {number} to */
  moveStretch(from, to) {
    const { chosen, stretch } = this;
    if (!chosen || !stretch || chosen.kind === "regions") return this.say("unfit", "none-chosen");
    const { kind, index } = chosen;
    const moved = { ...stretch, from, to };
    const done = this.do((edits) => moveStretch(edits, kind, index, this.#within(moved)), "moved", { from, to });
    if (done) this.choose({ kind, index: placeOf(this.edits, kind, moved) });
  }

  /** @param {Stretch} stretch @returns {Stretch} @throws {Unfit} */
  #within(stretch) {
    if (this.part && stretch.from >= this.part.end) throw new Unfit("after-end");
    return { ...stretch, to: Math.min(stretch.to, this.part?.end ?? stretch.to) };
  }

  /** @param {Chosen | null} [chosen] */
  remove(chosen = this.chosen) {
    if (!chosen) return this.say("unfit", "none-chosen");
    const { kind, index } = chosen;
    this.#chosen = null;
    this.do((edits) => (kind === "regions" ? removeRegion(edits, index) : removeStretch(edits, kind, index)), "removed");
  }

  /** Other edits altogether, which can be undone like any other change. @param {Edits} edits @param {string} code */
  replace(edits, code) {
    this.#chosen = null;
    this.do(() => edits, code);
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** @param {"said" | "unfit"} type @param {string} code @param {Record<string, unknown>} [values] */
  say(type, code, values = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail: { code, values } }));
  }
}
