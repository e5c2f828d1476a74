// @ts-check
// What a court has excluded of a recording, by the proved statements about it, and how the page shows that
// it is no evidence: a band on the timeline, a panel that says what it is, and a film that passes over it.
//
// Nothing of this hides anything by itself. A person who may not see it gets neither keys nor messages (the center
// withholds them); for one who may, the film passes over it until they press the button that says what it is.

import { element, make, makeButton, onEvent } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say, word } from "../page/words.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Film } from "../film/film.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { Stage } from "../film/stage.js" */
/** @import { Span } from "../film/timeline.js" */
/** @import { Transport } from "../film/transport.js" */
/** @typedef {Span & {id: string, reason: string, whole: boolean}} Passage µs of the part's timeline */

const NOTE = 5000; // ms

/**
 * The exclusions that no later statement has ended, in the order of the timeline.
 *
 * @param {readonly Filed[]} statements proved @param {string} evidence the recording they are asked of
 * @returns {Passage[]}
 */
export function passagesOf(statements, evidence) {
  /** @type {Map<string, Passage>} */
  const held = new Map();
  for (const { statement } of statements) {
    if (statement.evidence !== evidence) continue;
    const { exclusion: id, excerpt, reason } = statement.body;
    if (statement.type === "passage.restored") held.delete(id);
    if (statement.type !== "passage.excluded") continue;
    const { from, to } = excerpt ?? { from: 0, to: Number.MAX_SAFE_INTEGER };
    held.set(id, { id, from, to, reason, whole: excerpt === null });
  }
  return [...held.values()].sort((a, b) => a.from - b.from);
}

/**
 * The records that are left of `records`: those withheld are gone, and of a track what follows them up to its next
 * keyframe, which no browser could show.
 *
 * @param {readonly FilmRecord[]} records @param {ReadonlySet<number>} withheld indices @returns {FilmRecord[]}
 */
export function without(records, withheld) {
  /** @type {Set<number>} tracks that wait for a keyframe */
  const cut = new Set();
  return records.filter(({ index, kind, track, key }) => {
    if (withheld.has(index)) {
      if (kind === "media") cut.add(track);
      return false;
    }
    if (kind === "media" && key) cut.delete(track);
    return kind !== "media" || !cut.has(track);
  });
}

/** @param {Span} one @param {Span} other */
export const overlap = (one, other) => one.from < other.to && other.from < one.to;

/** From when until when, or that it is all of it. @param {Passage} passage */
function extent({ from, to, whole }) {
  return whole ? say("excluded.whole") : say("excluded.from-to", { from: timecode(from), to: timecode(to) });
}

/**
 * Says what is excluded, marks it, and has the film pass over it where it is there.
 *
 * @param {readonly Passage[]} passages of the time that the film has @param {Film} film @param {Stage} stage
 * @param {Transport} transport
 * @param {"given" | "left-out" | "package"} how shown to this person, withheld, or in a package
 */
export function showPassages(passages, film, stage, transport, how) {
  if (passages.length === 0) return;
  const list = element("excluded-list", HTMLElement);
  for (const passage of passages) {
    const item = make("li", "", `${extent(passage)} ${say("excluded.why", { reason: word("reason", passage.reason) })}`);
    if (how !== "left-out") item.append(" ", shower(passage, film, transport));
    item.tabIndex = -1;
    list.append(item);
    transport.band(passage, `${say("excluded.band")} ${extent(passage)}`, () => item.focus());
  }
  element("excluded-meaning", HTMLElement).textContent = say(`excluded.${how}`);
  element("excluded", HTMLElement).hidden = false;
  const legend = document.getElementById("legend-excluded");
  if (legend) legend.hidden = false;
  if (how !== "left-out") passOver(passages, film, stage);
}

/** @param {Passage} passage @param {Film} film @param {Transport} transport */
function shower(passage, film, transport) {
  const button = makeButton("", say("excluded.show"), () => {
    film.admit(passage);
    button.hidden = true;
    transport.go(Math.max(passage.from, film.timeline.begin));
  });
  onEvent(film, "guarded", ({ guarded }) => {
    button.hidden = false; // the film passes over it again
    button.disabled = guarded;
  });
  return button;
}

/** @param {readonly Passage[]} passages @param {Film} film @param {Stage} stage */
function passOver(passages, film, stage) {
  const over = element("stage-excluded", HTMLElement);
  onEvent(film, "passed", ({ to }) => stage.note(say("excluded.passed", { to: timecode(to) }), NOTE));
  film.addEventListener("time", () => {
    const { at, timeline } = film;
    over.hidden = at >= timeline.end || !passages.some(({ from, to }) => from <= at && at < to);
  });
  film.passOver(passages);
}
