// @ts-check
// A list of clips: passages of recordings that a court is to hear, in their order, each with a word. People exchange it
// as a file. Specification: docs/spec/clip-list.md. Pure.

import { parseCanonical } from "../proof/canonical.js";
import { Malformed } from "../proof/errors.js";
import { digest, fromZero, id, listOf, members, objectOf, oneOf, textOf } from "../proof/ledger/members.js";

/** @import { Span } from "./timeline.js" */
/** A passage, µs of its recording, which has this manifest. @typedef {Span & {evidence: string, manifest: string, words: string}} Clip */
/** @typedef {{side: string, title: string, clips: readonly Clip[]}} ClipList */

export const SIDES = Object.freeze(["prosecution", "defence", "court"]);
export const MOST_CLIPS = 200;
export const LONGEST_WORDS = 200; // characters
export const LONGEST_TITLE = 100;
export const LONGEST_LIST = 1 << 19; // bytes

const CLIP = { evidence: id, from: fromZero, manifest: digest, to: fromZero, words: textOf(0, LONGEST_WORDS) };
const LIST = {
  clips: listOf(objectOf(CLIP), 1, MOST_CLIPS),
  kind: oneOf("clip-list"),
  side: oneOf(...SIDES),
  title: textOf(0, LONGEST_TITLE),
  v: oneOf(1),
};

/** @param {Bytes} bytes of a file @returns {ClipList} @throws {Malformed} */
export function parseClipList(bytes) {
  if (bytes.length > LONGEST_LIST) throw new Malformed("a list of clips that is too long");
  const { clips, side, title } = members(parseCanonical(bytes), LIST, "the list of clips");
  if (clips.some((/** @type {Clip} */ { from, to }) => to <= from)) throw new Malformed("a clip of nothing");
  return { clips, side, title };
}

/** What a file of it has. @param {ClipList} list @returns {unknown} to be written as canonical JSON */
export const writtenList = ({ clips, side, title }) => ({
  clips: clips.map(({ evidence, from, manifest, to, words }) => ({ evidence, from, manifest, to, words })),
  kind: "clip-list",
  side,
  title,
  v: 1,
});
