// @ts-check
// One track of the room as the browser itself records it: an init segment and fragments (ISO BMFF), cut where the
// browser cut them, with the recording's own track number and times in them.
//
// MediaRecorder writes `ftyp moov (moof mdat)*`, each track as number 1 from time 0. Numbers and times are set in place,
// and how long the last piece of sound in a fragment lasts; nothing else of what the browser made is touched.

import { concat } from "../proof/bytes.js";

/** @typedef {{ kind: "init" | "media", track: number, start: number, duration: number, content: Bytes }} Piece µs */

const FRAGMENT = 1_000; // ms; a keyframe begins each
const CONTAINERS = ["moov", "trak", "mdia", "moof", "traf", "mvex"];

const TYPES = {
  video: ["video/mp4;codecs=avc1.42e01f", "video/mp4;codecs=avc1"],
  audio: ["audio/mp4;codecs=opus"],
};

/** @param {"video" | "audio"} kind @returns {string | undefined} */
const typeOf = (kind) => TYPES[kind].find((type) => globalThis.MediaRecorder?.isTypeSupported(type));

/** Whether this browser can record what the recorder's films are made of. */
export const canRecord = () => typeOf("video") !== undefined && typeOf("audio") !== undefined;

export class RoomFilm {
  /**
   * @param {number} number of the track @param {MediaStreamTrack} track @param {number} bits a second
   * @param {() => number} now µs on the recording's timeline
   * @param {{ piece(piece: Piece): void, ended(error: unknown): void }} listener
   */
  constructor(number, track, bits, now, listener) {
    this.number = number;
    this.source = track;
    this.track = track.clone();
    this.listener = listener;
    /** @type {Bytes} */
    this.rest = new Uint8Array(0);
    this.scale = 0;
    const kind = track.kind === "video" ? "video" : "audio";
    const options = { mimeType: typeOf(kind), [kind === "video" ? "videoBitsPerSecond" : "audioBitsPerSecond"]: bits };
    this.recorder = new MediaRecorder(new MediaStream([this.track]), /** @type {any} */ ({
      ...options, videoKeyFrameIntervalDuration: FRAGMENT,
    }));
    let reading = Promise.resolve();
    this.recorder.addEventListener("dataavailable", ({ data }) => {
      reading = reading.then(async () => this.take(new Uint8Array(await data.arrayBuffer()))).catch((error) => this.fail(error));
    });
    this.recorder.addEventListener("error", (event) => this.fail(event));
    /** Done once all that was recorded has been handed on. @type {Promise<void>} */
    this.over = new Promise((resolve) => {
      this.recorder.addEventListener("stop", () => void reading.finally(() => resolve(undefined)));
    });
    this.base = Math.round(now());
    this.recorder.start(FRAGMENT);
  }

  get live() {
    return this.recorder.state !== "inactive" && this.track.readyState === "live";
  }

  /** @returns {Promise<void>} once the last piece was handed on */
  async stop() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    await this.over;
    this.track.stop();
  }

  /** @param {unknown} error */
  fail(error) {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.listener.ended(error);
  }

  /** @param {Bytes} bytes */
  take(bytes) {
    const all = concat(this.rest, bytes);
    let at = 0;
    for (let piece = this.piece(all, at); piece !== null; piece = this.piece(all, at)) {
      at = piece.end;
      if (piece.piece) this.listener.piece(piece.piece);
    }
    this.rest = all.slice(at);
  }

  /** The whole piece that begins at `at`, if it is there: `ftyp moov`, or `moof mdat`. @param {Bytes} all @param {number} at */
  piece(all, at) {
    const first = boxAt(all, at);
    if (first === null) return null;
    if (first.type !== "ftyp" && first.type !== "moof") return { end: first.end, piece: null };
    const second = boxAt(all, first.end);
    if (second === null) return null;
    const content = all.slice(at, second.end);
    const timed = first.type === "ftyp" ? this.init(content) : this.fragment(content);
    return { end: second.end, piece: { kind: first.type === "ftyp" ? /** @type {const} */ ("init") : /** @type {const} */ ("media"), track: this.number, content, ...timed } };
  }

  /** @param {Bytes} content */
  init(content) {
    const view = new DataView(content.buffer);
    for (const { type, at } of boxesIn(content)) {
      const long = view.getUint8(at + 8) === 1;
      if (type === "tkhd") view.setUint32(at + (long ? 28 : 20), this.number);
      if (type === "trex") view.setUint32(at + 12, this.number);
      if (type === "mdhd") this.scale = view.getUint32(at + (long ? 28 : 20));
    }
    return { start: this.base, duration: 0 };
  }

  /** @param {Bytes} content */
  fragment(content) {
    const view = new DataView(content.buffer);
    let [begin, ticks, usual] = [0n, 0, 0];
    for (const { type, at } of boxesIn(content)) {
      if (type === "tfhd") {
        view.setUint32(at + 12, this.number);
        const flags = view.getUint32(at + 8) & 0xffffff;
        if (flags & 0x8) usual = view.getUint32(at + 16 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0));
      }
      if (type === "tfdt") {
        if (view.getUint8(at + 8) !== 1) throw new Error("a fragment with a short time");
        begin = view.getBigUint64(at + 12) + BigInt(Math.round((this.base * this.scale) / 1e6));
        view.setBigUint64(at + 12, begin);
      }
      if (type === "trun") ticks += runLength(view, at, usual, this.source.kind === "audio");
    }
    const start = Math.round((Number(begin) * 1e6) / this.scale);
    return { start, duration: Math.max(1, Math.round((ticks * 1e6) / this.scale)) };
  }
}

/**
 * Ticks that the samples of a `trun` last.
 * @param {DataView} view @param {number} at @param {number} usual where it names none
 * @param {boolean} even whether they all last as long as the first: of the last, the browser cannot know it yet, and says less
 */
function runLength(view, at, usual, even) {
  const flags = view.getUint32(at + 8) & 0xffffff;
  const count = view.getUint32(at + 12);
  const each = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
  let [next, ticks] = [at + 16 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0), 0];
  const first = next;
  for (let sample = 0; sample < count; sample += 1, next += each) {
    if (even && flags & 0x100 && sample === count - 1) view.setUint32(next, view.getUint32(first));
    ticks += flags & 0x100 ? view.getUint32(next) : usual;
  }
  return ticks;
}

/** @param {Bytes} all @param {number} at @returns {{ type: string, at: number, end: number } | null} null where it is not whole yet */
function boxAt(all, at) {
  if (at + 8 > all.length) return null;
  const size = new DataView(all.buffer, all.byteOffset).getUint32(at);
  if (size < 8) throw new Error("a box that says no size");
  const type = String.fromCharCode(...all.subarray(at + 4, at + 8));
  return at + size > all.length ? null : { type, at, end: at + size };
}

/** All boxes, those inside others too. @param {Bytes} all @param {number} [at] @param {number} [end] @returns {Generator<{ type: string, at: number, end: number }>} */
function* boxesIn(all, at = 0, end = all.length) {
  for (let box = boxAt(all, at); box !== null && box.end <= end; box = at < end ? boxAt(all, at) : null) {
    yield box;
    if (CONTAINERS.includes(box.type)) yield* boxesIn(all, box.at + 8, box.end);
    at = box.end;
  }
}
