// @ts-check
// What sealed records say in words: the header (which recording, since when, which tracks), and events
// (losses, breaks, people entering, marks). Types of events are open: a recorder that can say more must
// not be stopped by a reader that knows less. Only what a device proves of itself has one form: events of senders.

import { code, instant } from "../ledger/members.js";
import { fromHex } from "../bytes.js";
import { count, exactly, isObject, parseCanonical, string } from "../canonical.js";
import { Malformed } from "../errors.js";
import { parseSender, parseSenderEvent, SENDER } from "./senders.js";

/** @typedef {{track: number, name: string, kind: "video" | "audio", codec: string}} Track */
/**
 * @typedef {object} Header
 * @property {string} deployment @property {string} interview @property {string} evidence
 * @property {number} part @property {string} epoch wall-clock time of timeline 0, by the recorder's clock
 * @property {Track[]} tracks @property {Record<string, string>} software
 * @property {string} recorder key id @property {string} purpose @property {boolean} practice
 * @property {import("./senders.js").Sender[]} senders the devices whose cameras were connected when it began
 */
/** @typedef {{at: number, type: string} & Record<string, unknown>} FilmEvent */

const HEADER_KEYS = Object.freeze(
  "deployment epoch evidence interview part practice purpose recorder senders software tracks v".split(" "),
);
const TRACK_KEYS = Object.freeze("codec kind name track".split(" "));
const LONGEST_EVENT = 65_536;
const MOST_TRACKS = 64;
// A hyphen is never followed by a digit: "wide-2.mp4" is the second file of "wide", not a track's name.
const NAME = /^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;

/** @param {Bytes} content @returns {Header} @throws {Malformed} */
export function parseHeader(content) {
  const value = exactly(parseCanonical(content), HEADER_KEYS, "the header");
  if (value.v !== 1 || !Array.isArray(value.tracks)) throw new Malformed("a header of another version");
  for (const name of ["deployment", "evidence", "interview"]) fromHex(value[name], 16);
  fromHex(value.recorder, 8);
  if (count(value.part, "the header's part") < 1) throw new Malformed("a header of part 0");
  instant(value.epoch, "the header's epoch");
  code(value.purpose, "the header's purpose");
  if (typeof value.practice !== "boolean") throw new Malformed("a header that does not say whether it is practice");
  const { software } = value;
  if (!isObject(software)) throw new Malformed("a header's software");
  for (const version of Object.values(software)) string(version, "a version of software");
  if (value.tracks.length < 1 || value.tracks.length > MOST_TRACKS) throw new Malformed("a header without tracks, or with too many");
  value.tracks.forEach((item, place) => {
    const track = exactly(item, TRACK_KEYS, "a track");
    if (track.track !== place + 1) throw new Malformed(`track ${place + 1} is expected`);
    if (track.kind !== "video" && track.kind !== "audio") throw new Malformed("a track of unknown kind");
    if (!NAME.test(string(track.name, "a track's name"))) throw new Malformed("a track's name");
    if (!/^[A-Za-z0-9.]{1,32}$/.test(string(track.codec, "a track's codec"))) throw new Malformed("a track's codec");
  });
  if (new Set(value.tracks.map(({ name }) => name)).size !== value.tracks.length) throw new Malformed("two tracks of one name");
  if (!Array.isArray(value.senders) || value.senders.length > MOST_TRACKS) throw new Malformed("a header's senders");
  const senders = value.senders.map(parseSender);
  const filmed = value.tracks.filter(({ kind }) => kind === "video").map((track) => track.name);
  if (new Set(senders.map(({ camera }) => camera)).size !== senders.length || !senders.every(({ camera }) => filmed.includes(camera))) {
    throw new Malformed("a header's senders are not one for each camera at most");
  }
  if (senders.some(({ proof }) => proof === null)) throw new Malformed("a header's sender has no proof");
  return /** @type {Header} */ (value);
}

/** @param {Bytes} content @returns {FilmEvent} @throws {Malformed} */
export function parseEvent(content) {
  if (content.length > LONGEST_EVENT) throw new Malformed("an event that is too long");
  const event = parseCanonical(content);
  if (!isObject(event)) throw new Malformed("an event that is not an object");
  count(event.at, "an event's time");
  code(event.type, "an event's type");
  if (event.type === SENDER) parseSenderEvent(/** @type {FilmEvent} */ (event));
  return /** @type {FilmEvent} */ (event);
}
