// @ts-check
// All edits in words, in one table: what, where, from when until when; each can be gone to and taken out. It says what
// the timeline draws.

import { begin } from "./paths.js";
import { regionName, regionTimes, sentence, stretchName, stretchTimes } from "./words.js";
import { element, make, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Chosen, Desk } from "./desk.js" */
/** @import { Edits } from "./edits.js" */
/** One line. @typedef {{chosen: Chosen, evidence: string, at: number, name: string, times: string}} Line */

/**
 * Shows them, and again after each change.
 *
 * @param {Desk} desk @param {ReadonlyMap<string, string>} parts their names by evidence
 * @param {(evidence: string, at: number) => void} go
 */
export function showEdits(desk, parts, go) {
  const order = [...parts.keys()];

  const render = () => {
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.id : "";
    const lines = linesOf(desk.edits).sort((a, b) => order.indexOf(a.evidence) - order.indexOf(b.evidence) || a.at - b.at);
    element("edit-list").replaceChildren(...lines.map(row));
    element("edit-table").hidden = lines.length === 0;
    element("no-edits").hidden = lines.length > 0;
    // Rows are drawn anew; the focus stays on the same button, or goes to what takes its place.
    if (/^(go|remove)-/.test(held)) (document.getElementById(held) ?? element("edits-title")).focus();
  };

  /** @param {Line} line */
  function row({ chosen, evidence, at, name, times }) {
    const { kind, index } = chosen;
    const there = makeButton("link", say("go"), () => {
      go(evidence, at);
      desk.choose(chosen);
    });
    there.id = `go-${kind}-${index}`;
    there.setAttribute("aria-label", say("go.to", { name }));
    const remove = makeButton("link", say("take-out"), () => desk.remove(chosen));
    remove.id = `remove-${kind}-${index}`;
    remove.setAttribute("aria-label", say("take-out.of", { name }));
    const made = makeRow(name, times, [there, remove], desk.chosen?.kind === kind && desk.chosen.index === index);
    if (parts.size > 1) made.firstElementChild?.after(make("td", "edit-part", parts.get(evidence) ?? ""));
    return made;
  }

  desk.addEventListener("change", render);
  render();
}

/** @param {Edits} edits @returns {Line[]} */
function linesOf(edits) {
  const stretches = /** @type {const} */ (["cuts", "bleeps"]).flatMap((kind) =>
    edits[kind].map((one, index) => ({
      chosen: { kind, index },
      evidence: one.evidence,
      at: one.from,
      name: stretchName(kind, index),
      times: stretchTimes(one),
    })),
  );
  const covers = edits.regions.map((region, index) => ({
    chosen: { kind: /** @type {const} */ ("regions"), index },
    evidence: region.evidence,
    at: begin(region.path),
    name: regionName(region, index),
    times: `${regionTimes(region)} · ${sentence("keys", { n: region.path.length })}`,
  }));
  return [...covers, ...stretches];
}

/**
 * A row of a table of covers, silences or cuts.
 *
 * @param {string} name @param {string} times from when until when @param {readonly HTMLElement[]} acts buttons
 * @param {boolean} isChosen
 */
export function makeRow(name, times, acts, isChosen) {
  const head = make("th", "", name);
  head.scope = "row";
  const row = make("tr", "", head, make("td", "", times), make("td", "edit-acts", ...acts.flatMap((act) => [act, " "]).slice(0, -1)));
  row.classList.toggle("chosen", isChosen);
  return row;
}
