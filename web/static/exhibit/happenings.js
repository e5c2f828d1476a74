// @ts-check
// What a recording says of itself, as sentences by time: marks, breaks, people, losses, and every stretch in which
// nothing was recorded, whether or not an event states why.

import { overlap } from "./passages.js";
import { deviceOf, parseSenderEvent, SENDER } from "../proof/recording/senders.js";
import { timecode } from "../page/times.js";
import { isolate, known, momentText, printable, say, word } from "../page/words.js";

/** @import { FilmEvent } from "../proof/recording/contents.js" */
/** @import { Film } from "../film/film.js" */
/** @import { Sender } from "../proof/recording/senders.js" */
/** @import { Span } from "../film/timeline.js" */
/** @typedef {"mark" | "phase" | "break" | "loss" | "note" | "device"} Weight `device`: one that sent from the beginning */
/** @typedef {{evidence: string, kind: string, manifest: string}} ShownPicture one of the case that was shown or drawn in the room */
/** @typedef {{at: number, sentence: string, weight: Weight, shown?: ShownPicture}} Happening */
/** @typedef {{earlier: boolean, later: boolean}} Cuts of an excerpt: whether more was recorded before and after it */

const GAP = 200_000; // µs without media that count as a gap; less is how frames fall

const WEIGHTS = /** @type {Record<string, Weight>} */ ({
  mark: "mark",
  phase: "phase",
  "exhibit.shown": "mark",
  "drawing.made": "mark",
  break: "break",
  resume: "break",
  stopped: "break",
  loss: "loss",
  damaged: "loss",
  late: "loss",
  freeze: "loss",
  "track.late": "loss",
  "track.ended": "loss",
  disconnected: "loss",
  "clock.step": "loss",
});

/** The member that the sentence of an event counts. @type {Readonly<Record<string, string>>} */
const COUNTED = Object.freeze({
  loss: "frames",
  damaged: "frames",
  late: "packets",
  freeze: "ms",
  "track.late": "ms",
  "clock.step": "ms",
  "drawing.made": "ms",
});
/** Of these the `ms` are shown in seconds. */
const IN_SECONDS = Object.freeze(["freeze", "track.late", "drawing.made"]);
/** Events that lead to a picture of the case. */
const PICTURED = Object.freeze(["exhibit.shown", "drawing.made"]);

/** A track's name for people. @param {Film} film @param {unknown} track number or name */
export function trackName(film, track) {
  const name = typeof track === "number" ? film.header.tracks.find((one) => one.track === track)?.name : track;
  return word("track", name ?? track);
}

/**
 * @param {Film} film @param {readonly FilmEvent[]} events @param {Cuts | null} [cuts]
 * @param {readonly Span[]} [left] what is left out by order: there a gap is no silence
 * @returns {Happening[]}
 */
export function happenings(film, events, cuts = null, left = []) {
  const described = events.flatMap((event) => {
    if (event.type === "freeze" && event.over !== true && events.some((later) => ends(event, later))) return [];
    const shown = PICTURED.includes(event.type) ? { shown: shownPicture(event) } : {};
    return [{ at: event.at, sentence: sentence(film, completed(event, events)), weight: WEIGHTS[event.type] ?? "note", ...shown }];
  });
  const silent = gaps(film, cuts, left);
  const ordered = left.map(({ from }) => ({ at: from, sentence: say("excluded.here"), weight: /** @type {Weight} */ ("note") }));
  return [...began(film), ...unnamed(film, events, cuts), ...described, ...silent, ...ordered].sort((a, b) => a.at - b.at);
}

/** A mark with the words that it was given last, a break with its reason. @param {FilmEvent} event @param {readonly FilmEvent[]} events @returns {FilmEvent} */
function completed(event, events) {
  const later = { mark: "mark.corrected", break: "break.explained" }[event.type];
  const last = later && events.findLast((one) => one.type === later && one[event.type] === event.at);
  return last ? { ...event, text: last.text, reason: last.reason } : event;
}

/** @param {FilmEvent} event @returns {ShownPicture | undefined} undefined for what names no picture */
function shownPicture({ evidence, kind, manifest }) {
  const named = /^[0-9a-f]{32}$/.test(String(evidence)) && ["photograph", "document", "derivative"].includes(String(kind));
  return named ? { evidence: String(evidence), kind: String(kind), manifest: String(manifest) } : undefined;
}

/** Whether `later` gives the length of the same freeze. @param {FilmEvent} freeze @param {FilmEvent} later */
function ends(freeze, later) {
  return later.type === "freeze" && later.over === true && later.track === freeze.track && later.from === freeze.from;
}

/** The devices that the header names. @param {Film} film @returns {Happening[]} */
function began(film) {
  return film.header.senders.map((sender) => {
    const code = sender.proof?.use === "safety" ? "made" : "began";
    return { at: 0, sentence: say(`event.sender.${code}`, valuesOf(film, sender)), weight: "device" };
  });
}

/**
 * The cameras of which the whole recording does not say which device sent them.
 *
 * @param {Film} film @param {readonly FilmEvent[]} events @param {Cuts | null} cuts @returns {Happening[]}
 */
function unnamed(film, events, cuts) {
  if (cuts) return []; // it may be said outside of the excerpt
  const changes = events.filter(({ type }) => type === SENDER).map(parseSenderEvent);
  const named = [...film.header.senders, ...changes.filter(({ event }) => event !== "refused").map(({ sender }) => sender)];
  const filmed = film.header.tracks.filter(({ kind, track }) => kind === "video" && film.timeline.media(track).length > 0);
  return filmed
    .filter(({ name }) => !named.some(({ camera }) => camera === name))
    .map(({ track }) => ({ at: 0, sentence: say("event.sender.unnamed", { track: trackName(film, track) }), weight: "loss" }));
}

/** @param {Film} film @param {Sender} sender */
function valuesOf(film, { camera, holder, network, proof }) {
  const name = isolate(printable(holder.name));
  return {
    track: trackName(film, camera),
    holder: say(`event.sender.of.${holder.kind}`, { name }),
    network: say(`event.sender.network.${network}`),
    device: isolate(proof ? deviceOf(proof) : "–"),
    fingerprint: isolate(proof?.fingerprint ?? "–"),
  };
}

/** @param {Film} film @param {FilmEvent} event */
function ofSender(film, event) {
  const { event: what, sender, confirmed, reason } = parseSenderEvent(event);
  const values = { ...valuesOf(film, sender), confirmer: isolate(printable(confirmed?.name ?? "")) };
  const refused = reason !== null && known(`event.sender.refused.${reason}`) ? `refused.${reason}` : what;
  return say(`event.sender.${what === "joined" && confirmed ? "joined.confirmed" : refused}`, values);
}

/** @param {Film} film @param {FilmEvent} event */
function sentence(film, event) {
  if (event.type === SENDER) return ofSender(film, event);
  const text = (/** @type {unknown} */ value) => isolate(printable(String(value ?? "")));
  const values = {
    track: trackName(film, event.track ?? event.camera ?? ""),
    text: text(event.text),
    who: text(event.who),
    role: word("role", event.role),
    reason: word("reason", event.reason ?? "unknown"),
    from: timecode(Number(event.from ?? begunAt(event) ?? event.at)),
    to: timecode(Number(event.to ?? event.at)),
    mark: timecode(Number.isSafeInteger(event.mark) ? Number(event.mark) : event.at),
    break: timecode(Number.isSafeInteger(event.break) ? Number(event.break) : event.at),
    was: text(event.was),
    n: Number(counted(event)) / (IN_SECONDS.includes(event.type) ? 1000 : 1),
    width: text(event.width),
    height: text(event.height),
    type: text(asSent(event)),
    number: text(event.number),
    note: text(event.note),
  };
  const sentence = say(codeOf(event), values);
  // What was said while no part was recorded is in the part that took it; it was said before that.
  if (typeof event.sent !== "string") return sentence;
  return say("event.waited", { sentence, sent: momentText(new Date(event.sent)) });
}

/** What the sentence of an event counts, whatever the sender made of it. @param {FilmEvent} event */
const counted = (event) => (Object.hasOwn(COUNTED, event.type) ? event[COUNTED[event.type] ?? ""] : undefined);

/** The type of an event; with what should be a number and is none, as it was sent. @param {FilmEvent} event */
function asSent(event) {
  const value = counted(event);
  if (value === undefined || Number.isSafeInteger(value)) return event.type;
  return `${event.type}: ${COUNTED[event.type]} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

/** When a drawing was begun, if that was in this part; µs. @param {FilmEvent} event @returns {number | null} */
function begunAt({ type, at, ms, sent }) {
  const lasted = type === "drawing.made" && Number.isSafeInteger(ms) && Number(ms) >= 0 ? 1000 * Number(ms) : Infinity;
  return sent === undefined && lasted <= at ? at - lasted : null;
}

/** @param {FilmEvent} event */
function drawingCode(event) {
  if (event.means === "paper") return "event.drawing.made.paper";
  if (event.means !== "tablet" || !Number.isSafeInteger(event.ms) || Number(event.ms) < 0) return "event.other";
  return `event.drawing.made.tablet${begunAt(event) === null ? ".earlier" : ""}`;
}

/** @param {FilmEvent} event */
function codeOf(event) {
  const code = `event.${event.type}`;
  if (event.type === "person") return known(`${code}.${event.event}`) ? `${code}.${event.event}` : "event.other";
  if (event.type.startsWith("exhibit.")) return known(`${code}.${event.kind}`) ? `${code}.${event.kind}` : "event.other";
  if (event.type === "drawing.made") return drawingCode(event);
  if (event.type === "checklist") return `${code}.${event.done === true ? "done" : "undone"}${event.note ? ".note" : ""}`;
  if (event.type === "break" && event.reason) return event.text ? "event.break.text" : "event.break.reason";
  if (event.type === "mark.corrected" && !event.was) return "event.mark.corrected.first";
  if (event.type === "loss" && event.frames === undefined) return "event.loss.plain";
  if (event.type === "freeze" && event.over !== true) return "event.freeze.open";
  // What is no number is never shown as one: null would be 0, and true 1.
  if (Object.hasOwn(COUNTED, event.type) && !Number.isSafeInteger(counted(event))) return "event.other";
  // Whose clock it was decides what the times of the recording are worth: never said of another one's.
  if (event.type === "clock.step") return known(`${code}.${event.clock}`) ? `${code}.${event.clock}` : "event.other";
  return known(code) ? code : "event.other";
}

/**
 * Where nothing was recorded: on no track, or on one.
 *
 * @param {Film} film @param {Cuts | null} cuts @param {readonly Span[]} left @returns {Happening[]}
 */
function gaps(film, cuts, left) {
  const { timeline } = film;
  const silences = timeline.silences();
  /** @param {Span} gap @returns {boolean} */
  const silent = (gap) => silences.some((one) => one.from <= gap.from + GAP && gap.to <= one.to + GAP);
  const counts = (/** @type {Span} */ gap) => gap.to - gap.from > GAP && !left.some((one) => overlap(one, gap));
  const all = silences.filter(counts).map((gap) => gapOf("gap.all", gap, ""));
  const single = film.header.tracks.flatMap(({ track }) =>
    timeline
      .gaps(track)
      .filter((gap) => counts(gap) && !silent(gap))
      .map((gap) => gapOf(atCut(film, gap, cuts) ? "gap.cut" : "gap.track", gap, trackName(film, track))),
  );
  return [...all, ...single];
}

/**
 * Whether a track's gap is at a cut, so that something may have been recorded then that is not here: a cut must not
 * look like a silence.
 *
 * @param {Film} film @param {Span} gap @param {Cuts | null} cuts
 */
function atCut({ timeline }, gap, cuts) {
  if (!cuts) return false;
  // That nothing is before a track's number 1 is the recorder's word: in an excerpt it cannot be counted.
  return (gap.from === timeline.begin && cuts.earlier) || (gap.to === timeline.end && cuts.later);
}

/** @param {string} code @param {Span} gap @param {string} track @returns {Happening} */
function gapOf(code, gap, track) {
  const values = { to: timecode(gap.to), n: (gap.to - gap.from) / 1e6, track };
  // Within one second both ends read the same: only how long it took says anything.
  const within = timecode(gap.from) === values.to;
  return { at: gap.from, sentence: say(within ? `${code}.short` : code, values), weight: "loss" };
}
