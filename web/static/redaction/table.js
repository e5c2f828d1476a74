// @ts-check
// All edits in words, in one table: what, where, from when until when; each can be gone to and taken out. It says what
// the timeline draws.

import { begin } from "./paths.js";
import { makeRow } from "./rows.js";
import { regionName, regionTimes, sentence, stretchName, stretchTimes } from "./words.js";
import { element, make, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Chosen, Desk } from "./desk.js" */
/** One line. @typedef {{chosen: Chosen, evidence: string, at: number, name: string, times: string}} Line */

export class EditTable {
  #desk;
  #parts;
  #go;

  /**
   * @param {Desk} desk @param {ReadonlyMap<string, string>} parts their names by evidence
   * @param {(evidence: string, at: number) => void} go
   */
  constructor(desk, parts, go) {
    this.#desk = desk;
    this.#parts = parts;
    this.#go = go;
    desk.addEventListener("change", () => this.render());
    this.render();
  }

  render() {
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
    const lines = this.#lines();
    element("edit-list", HTMLElement).replaceChildren(...lines.map((line) => this.#row(line)));
    element("edit-table", HTMLElement).hidden = lines.length === 0;
    element("no-edits", HTMLElement).hidden = lines.length > 0;
    // Rows are drawn anew; whoever was on a button of one stays there, or comes to what stands in its place.
    if (/^(go|remove)-/.test(held)) (document.getElementById(held) ?? element("edits-title", HTMLElement)).focus();
  }

  /** @returns {Line[]} in the order of the film */
  #lines() {
    const { cuts, bleeps, regions } = this.#desk.edits;
    const stretches = [...Object.entries({ cuts, bleeps })].flatMap(([name, all]) =>
      all.map((one, index) => {
        const kind = /** @type {import("./edits.js").Stretches} */ (name);
        const times = stretchTimes(one);
        return { chosen: { kind, index }, evidence: one.evidence, at: one.from, name: stretchName(kind, index), times };
      }),
    );
    const covers = regions.map((region, index) => ({
      chosen: /** @type {Chosen} */ ({ kind: "regions", index }),
      evidence: region.evidence,
      at: begin(region.path),
      name: regionName(region, index),
      times: `${regionTimes(region)} · ${sentence("keys", { n: region.path.length })}`,
    }));
    const order = [...this.#parts.keys()];
    return [...covers, ...stretches].sort((a, b) => order.indexOf(a.evidence) - order.indexOf(b.evidence) || a.at - b.at);
  }

  /** @param {Line} line */
  #row({ chosen, evidence, at, name, times }) {
    const { kind, index } = chosen;
    const isChosen = this.#desk.chosen?.kind === kind && this.#desk.chosen.index === index;
    const go = makeButton("link", say("go"), () => {
      this.#go(evidence, at);
      this.#desk.choose(chosen);
    });
    go.id = `go-${kind}-${index}`;
    go.setAttribute("aria-label", say("go.to", { name }));
    const remove = makeButton("link", say("take-out"), () => this.#desk.remove(chosen));
    remove.id = `remove-${kind}-${index}`;
    remove.setAttribute("aria-label", say("take-out.of", { name }));
    const row = makeRow(name, times, [go, remove], isChosen);
    if (this.#parts.size > 1) row.firstElementChild?.after(make("td", "edit-part", this.#parts.get(evidence) ?? ""));
    return row;
  }
}
