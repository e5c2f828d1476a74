// @ts-check
// Where a recording has media and where it has none. Pure arithmetic over records; all times are whole
// microseconds on the part's timeline.

import { SECOND } from "../page/times.js";

/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @typedef {{from: number, to: number}} Span */

// Fragments of one track rarely meet to the microsecond (an Opus packet is 20 ms long, a picture 33 ms):
// less than this between two of them is their seam, not a gap.
export const SEAM = 120_000;

const SOON = 2 * SECOND; // within which a camera's first picture is shown before its moment is played
const STOPPED = 3 * SECOND; // behind the others after which a track holds nothing back any more

/**
 * The first moment from `at` on that is in none of these stretches, `end` at most.
 *
 * @param {readonly Span[]} spans @param {number} at µs @param {number} end @returns {number}
 */
export function past(spans, at, end) {
  const over = spans.find(({ from, to }) => from <= at && at < to);
  if (!over) return at;
  return over.to < end ? past(spans, over.to, end) : end;
}

/** What is left of a stretch outside of these. @param {readonly Span[]} spans @param {Span} whole @returns {Span[]} */
export function outside(spans, whole) {
  return spans.reduce(
    (left, { from, to }) => left.flatMap((one) => [{ ...one, to: Math.min(one.to, from) }, { ...one, from: Math.max(one.from, to) }]).filter((one) => one.from < one.to),
    [whole],
  );
}

export class Timeline {
  /** @type {Map<number, FilmRecord[]>} media of each track, in order */
  #media = new Map();
  /** @type {Map<number, Span[]>} */
  #spans = new Map();
  #end = 0;

  /** @param {Iterable<FilmRecord>} [records] @param {number} [begin] µs at which it begins, for an excerpt */
  constructor(records = [], begin = 0) {
    this.begin = begin;
    for (const record of records) this.add(record);
  }

  /** @param {FilmRecord} record the next one in the recording's order */
  add(record) {
    if (record.kind !== "media") return;
    const end = record.start + record.duration;
    const media = this.#media.get(record.track) ?? [];
    const spans = this.#spans.get(record.track) ?? [];
    media.push(record);
    const last = spans.at(-1);
    if (last && record.start <= last.to + SEAM) last.to = Math.max(last.to, end);
    else spans.push({ from: record.start, to: end });
    this.#media.set(record.track, media);
    this.#spans.set(record.track, spans);
    this.#end = Math.max(this.#end, end);
  }

  /** The end of what is recorded. */
  get end() {
    return this.#end;
  }

  /** While it is still recorded: how far all tracks have come that have not stopped growing. */
  get edge() {
    const ends = this.tracks.map((track) => this.spans(track).at(-1)?.to ?? 0);
    return Math.min(this.#end, ...ends.filter((end) => end > this.#end - STOPPED));
  }

  get tracks() {
    return [...this.#media.keys()];
  }

  /** @param {number} track @returns {readonly FilmRecord[]} */
  media(track) {
    return this.#media.get(track) ?? [];
  }

  /** @param {number} track @returns {readonly Span[]} where the track has media */
  spans(track) {
    return this.#spans.get(track) ?? [];
  }

  /** @param {number} track @param {number} at @returns {Span | null} the stretch of media `at` is in */
  spanAt(track, at) {
    return this.spans(track).find((span) => span.from <= at && at < span.to) ?? null;
  }

  /**
   * The next moment from `at` on at which any track has media again.
   *
   * @param {number} at @returns {number | null} null after the last one
   */
  nextMedia(at) {
    const starts = this.tracks.flatMap((track) => this.spans(track).map((span) => (span.to > at ? Math.max(at, span.from) : Infinity)));
    const next = Math.min(Infinity, ...starts);
    return next === Infinity ? null : next;
  }

  /**
   * The moment whose pictures are shown before anything is played: the first one at which the cameras that begin soon
   * after the recording all have a picture; its beginning if none does.
   *
   * @param {readonly number[]} cameras their tracks
   */
  firstPicture(cameras) {
    const begin = this.nextMedia(this.begin) ?? this.begin;
    const starts = cameras.flatMap((track) => this.spans(track)[0]?.from ?? []).filter((from) => from <= begin + SOON);
    const at = Math.max(begin, ...starts);
    const all = cameras.filter((track) => (this.spans(track)[0]?.from ?? Infinity) <= at).every((track) => this.spanAt(track, at));
    return all ? at : Math.max(begin, Math.min(...starts));
  }

  /**
   * Where in `media(track)` to begin, so that a picture can be shown at `at`: the last fragment at or
   * before it that begins with a keyframe; after a gap, the next fragment.
   *
   * @param {number} track @param {number} at
   */
  startFor(track, at) {
    const media = this.media(track);
    let place = media.length;
    for (let low = 0; low < place; ) {
      const middle = (low + place) >> 1;
      if (/** @type {FilmRecord} */ (media[middle]).start > at) place = middle;
      else low = middle + 1;
    }
    for (let i = place - 1; i >= 0; i -= 1) if (media[i]?.key) return i;
    return Math.max(0, place - 1);
  }

  /** @param {number} track @param {number} from a place in `media(track)` @returns {number} the next place with a keyframe */
  nextKey(track, from) {
    const media = this.media(track);
    let place = from;
    while (place < media.length && !media[place]?.key) place += 1;
    return place;
  }

  /** Stretches in which this track has no media, up to the end of the recording. @param {number} track @returns {Span[]} */
  gaps(track) {
    return this.#between([...this.spans(track), { from: this.#end, to: this.#end }]);
  }

  /** Stretches in which no track has media. @returns {Span[]} */
  silences() {
    return this.#between(this.tracks.flatMap((track) => this.spans(track)).sort((a, b) => a.from - b.from));
  }

  /** What is before and between these stretches, and is more than a seam. @param {readonly Span[]} spans by beginning @returns {Span[]} */
  #between(spans) {
    let reached = this.begin;
    return spans.flatMap(({ from, to }) => {
      const gap = { from: reached, to: from };
      reached = Math.max(reached, to);
      return gap.to > gap.from + SEAM ? [gap] : [];
    });
  }
}
