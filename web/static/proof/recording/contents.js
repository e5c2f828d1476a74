// @ts-check
// What sealed records say in words: the header (which recording, since when, which tracks), and events
// (losses, breaks, people entering, marks). Types of events are open: a recorder that can say more must
// not be stopped by a reader that knows less. Only what a device proves of itself has one form: events of senders.

import { code, fromOne, id, instant, keyId, listOf, members, objectOf, oneOf, software, textLike, yesOrNo } from "../ledger/members.js";
import { count, isObject, parseCanonical } from "../canonical.js";
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

const LONGEST_EVENT = 65_536;
const MOST_TRACKS = 64;
// A hyphen is never followed by a digit: "wide-2.mp4" is the second file of "wide", not a track's name.
const NAME = /^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const TRACK = { codec: textLike(/^[A-Za-z0-9.]{1,32}$/), kind: oneOf("video", "audio"), name: textLike(NAME), track: fromOne };
const HEADER = {
  deployment: id,
  epoch: instant,
  evidence: id,
  interview: id,
  part: fromOne,
  practice: yesOrNo,
  purpose: code,
  recorder: keyId,
  senders: listOf(parseSender, 0, MOST_TRACKS),
  software,
  tracks: listOf(objectOf(TRACK), 1, MOST_TRACKS),
  v: oneOf(1),
};

/** @param {Bytes} content @returns {Header} @throws {Malformed} */
export function parseHeader(content) {
  const header = /** @type {Header} */ (members(parseCanonical(content), HEADER, "the header"));
  const { tracks, senders } = header;
  for (const [place, { track }] of tracks.entries()) if (track !== place + 1) throw new Malformed(`track ${place + 1} is expected`);
  if (new Set(tracks.map(({ name }) => name)).size !== tracks.length) throw new Malformed("two tracks of one name");
  const filmed = tracks.filter(({ kind }) => kind === "video").map(({ name }) => name);
  if (new Set(senders.map(({ camera }) => camera)).size !== senders.length || !senders.every(({ camera }) => filmed.includes(camera))) {
    throw new Malformed("a header's senders are not one for each camera at most");
  }
  if (senders.some(({ proof }) => proof === null)) throw new Malformed("a header's sender has no proof");
  return header;
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
