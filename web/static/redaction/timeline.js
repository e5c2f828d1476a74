// @ts-check
// The timeline of the editor: pictures, sound, and when what is covered, silenced and cut, to be zoomed and dragged.
//
// It is for the pointer. Whatever can be done here can be done by keys and in the table of edits as well, where it
// is also in words; so it is hidden from screen readers.

import { begin, end } from "./paths.js";
import { View } from "./view.js";
import { HEIGHT, WIDTH } from "./thumbnails.js";
import { element, makeSvg, onPress } from "../page/elements.js";
import { countText, say } from "../page/words.js";
import { exactTime, timecode } from "../page/times.js";

/** @import { Film } from "../film/film.js" */
/** @import { Clock } from "./clock.js" */
/** @import { Chosen, Desk } from "./desk.js" */
/** @import { Stretches } from "./edits.js" */
/** @import { Marked } from "./marks.js" */
/** @import { Thumbnails } from "./thumbnails.js" */
/** @import { Waveform } from "./waveform.js" */
/** What a press on the drawing is about. @typedef {{seek: (at: number) => void, end: (at: number) => void}} Drag */
/**
 * @typedef {object} Sources
 * @property {Film} film @property {Desk} desk @property {Clock} clock @property {Waveform | null} waveform
 * @property {Thumbnails | null} thumbnails @property {Marked} marks
 */

const ROW = 20; // px
const BAR = 16;
const SOUND = 56;
const APART = 110; // px between two written times
const KEYS = 300; // drawn of one region; more would be a line
const EDGE = 7; // px
const HEARD = 1_200_000_000; // µs: of a longer stretch the sound is not fetched
export const ZOOM = 1.6; // how many times as much one step shows

export class EditTimeline {
  /** @type {View} */
  view;
  #from;
  #drawing = 0;
  /** @type {Drag | null} */
  #drag = null;
  #root = element("lanes", HTMLElement);
  #scroll = element("lanes-scroll", HTMLInputElement);

  /** @param {Sources} from @param {AbortSignal} signal */
  constructor(from, signal) {
    this.#from = from;
    const { film, desk, clock, waveform, thumbnails } = from;
    this.view = new View(film.timeline.begin, film.timeline.end);
    const soon = () => this.soon();
    desk.addEventListener("change", soon, { signal });
    waveform?.addEventListener("change", soon, { signal });
    thumbnails?.addEventListener("change", soon, { signal });
    clock.each(() => this.#tick());
    const sized = new ResizeObserver(soon);
    sized.observe(this.#root);
    signal.addEventListener("abort", () => sized.disconnect());
    const options = { signal };
    this.#root.addEventListener("pointerdown", (event) => this.#begin(event), options);
    this.#root.addEventListener("pointermove", (event) => this.#drag?.seek(this.#moment(event)), options);
    this.#root.addEventListener("pointerup", (event) => this.#end(event), options);
    this.#root.addEventListener("pointercancel", () => (this.#drag = null), options);
    this.#root.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
    this.#scroll.addEventListener("input", () => this.#changed(() => this.view.move(Number(this.#scroll.value))), options);
    onPress("zoom-in", () => this.zoom(1 / ZOOM), signal);
    onPress("zoom-out", () => this.zoom(ZOOM), signal);
    onPress("zoom-whole", () => this.#changed(() => this.view.whole()), signal);
    this.soon();
  }

  /** @param {number} factor */
  zoom(factor) {
    this.#changed(() => this.view.zoom(factor, this.#from.clock.at));
  }

  /** Draws before the next picture. */
  soon() {
    if (this.#drawing === 0) this.#drawing = requestAnimationFrame(() => this.#draw());
  }

  /** @param {() => void} change of the view */
  #changed(change) {
    change();
    this.soon();
  }

  get #width() {
    return this.#root.clientWidth;
  }

  // --- by pointer -------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  #moment({ clientX }) {
    return this.view.moment(clientX - this.#root.getBoundingClientRect().left, this.#width);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    event.preventDefault();
    this.#root.setPointerCapture(event.pointerId);
    const { film, desk } = this.#from;
    const { kind, index, key, edge } = /** @type {SVGElement} */ (event.target).dataset;
    const chosen = kind ? /** @type {Chosen} */ ({ kind, index: Number(index) }) : null;
    if (chosen) desk.choose(chosen);
    if (key !== undefined) return film.seek(Number(key));
    const seek = (/** @type {number} */ at) => film.seek(at);
    this.#drag = { seek, end: chosen && edge ? (at) => this.#moveEdge(chosen, edge, at) : () => {} };
    seek(this.#moment(event));
  }

  /** @param {PointerEvent} event */
  #end(event) {
    this.#drag?.end(this.#moment(event));
    this.#drag = null;
  }

  /** @param {Chosen} chosen @param {string} edge "from" or "to" @param {number} at */
  #moveEdge({ kind }, edge, at) {
    const { desk } = this.#from;
    if (kind === "regions") return desk.changePath(edge === "from" ? "beginAt" : "endAt", at);
    const { stretch } = desk;
    if (stretch) desk.moveStretch(edge === "from" ? at : stretch.from, edge === "to" ? at : stretch.to);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const along = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (event.ctrlKey) this.#changed(() => this.view.zoom(event.deltaY > 0 ? ZOOM : 1 / ZOOM, this.#moment(event)));
    else if (along !== 0) this.#changed(() => this.view.move(this.view.from + Math.round((along / this.#width) * this.view.length)));
    else return;
    event.preventDefault();
  }

  // --- drawing ----------------------------------------------------------------------------------

  #tick() {
    const { clock, film } = this.#from;
    if (film.playing && this.view.follow(clock.at)) this.soon();
    const head = element("playhead", HTMLElement);
    const x = this.view.place(clock.at, this.#width);
    head.hidden = x < 0 || x > this.#width;
    head.style.insetInlineStart = `${x}px`;
    element("exact", HTMLElement).textContent = exactTime(clock.at);
  }

  #draw() {
    this.#drawing = 0;
    if (this.#width === 0) return;
    this.#drawRuler();
    this.#drawPictures();
    this.#drawSound();
    this.#drawEdits();
    this.#drawMarks();
    this.#tick();
    const { view } = this;
    [this.#scroll.min, this.#scroll.max] = [String(view.begin), String(Math.max(view.begin, view.end - view.length))];
    this.#scroll.value = String(view.from);
    this.#scroll.disabled = view.isWhole;
    const shown = say("from-to", { from: timecode(view.from), to: timecode(view.to) });
    this.#scroll.setAttribute("aria-valuetext", shown);
    element("view-text", HTMLElement).textContent = shown;
  }

  #drawRuler() {
    const ruler = element("lane-times", SVGSVGElement);
    const exact = this.view.length < 20e6;
    ruler.replaceChildren(
      ...this.view.marks(this.#width, APART).flatMap((at) => {
        const x = this.view.place(at, this.#width);
        const time = makeSvg("text", { x: x + 4, y: 15 });
        time.textContent = exact ? exactTime(at).slice(3, -1) : timecode(at);
        return [makeSvg("line", { x1: x, x2: x, y1: 0, y2: 22 }), time];
      }),
    );
  }

  /** @param {string} id @param {number} height @returns {CanvasRenderingContext2D | null} */
  #canvas(id, height) {
    const canvas = element(id, HTMLCanvasElement);
    const sharp = Math.min(2, devicePixelRatio || 1);
    [canvas.width, canvas.height] = [Math.round(this.#width * sharp), Math.round(height * sharp)];
    const pen = canvas.getContext("2d");
    pen?.scale(sharp, sharp);
    return pen;
  }

  #drawPictures() {
    const { thumbnails } = this.#from;
    const pen = this.#canvas("lane-pictures", HEIGHT);
    if (!thumbnails || !pen) return;
    const moments = [];
    for (let x = 0; x < this.#width; x += WIDTH) {
      const at = this.view.moment(x + WIDTH / 2, this.#width);
      moments.push(at);
      const picture = thumbnails.pictureAt(at);
      if (picture) pen.drawImage(picture, x, 0, WIDTH - 1, HEIGHT);
    }
    thumbnails.want(moments);
  }

  #drawSound() {
    const { waveform } = this.#from;
    const far = this.view.length > HEARD;
    element("sound-far", HTMLElement).hidden = !far || !waveform;
    const pen = this.#canvas("lane-sound", SOUND);
    if (!waveform || !pen) return;
    if (!far) waveform.want({ from: this.view.from, to: this.view.to });
    pen.fillStyle = getComputedStyle(this.#root).color;
    for (let x = 0; x < this.#width; x += 1) {
      const peak = waveform.loudest(this.view.moment(x, this.#width), this.view.moment(x + 1, this.#width));
      if (peak === null) continue;
      const high = Math.max(1, Math.sqrt(peak / 255) * SOUND); // speech is seen beside a slamming door
      pen.fillRect(x, (SOUND - high) / 2, 1, high);
    }
  }

  #drawEdits() {
    const { edits, part } = this.#from.desk;
    const lane = element("lane-edits", SVGSVGElement);
    /** @type {Element[]} */
    const drawn = [];
    for (const [row, kind] of /** @type {[number, Stretches][]} */ ([[0, "cuts"], [1, "bleeps"]])) {
      for (const [index, { evidence, from, to }] of edits[kind].entries()) {
        if (evidence === part?.evidence) drawn.push(...this.#bar({ kind, index }, row, from, to));
      }
    }
    /** @type {number[]} where the last cover of each row ends: those that are not there at once share one */
    const rows = [];
    for (const [index, { evidence, path }] of edits.regions.entries()) {
      if (evidence !== part?.evidence) continue;
      const free = rows.findIndex((until) => until < begin(path));
      const row = free < 0 ? rows.length : free;
      rows[row] = end(path);
      drawn.push(...this.#bar({ kind: "regions", index }, 2 + row, begin(path), end(path)));
      for (const { at } of path.length > KEYS ? [] : path) drawn.push(...this.#key({ kind: "regions", index }, 2 + row, at));
    }
    lane.setAttribute("height", String((2 + Math.max(1, rows.length)) * ROW));
    lane.replaceChildren(...drawn);
  }

  /** @param {Chosen} what @param {number} row @param {number} from @param {number} to @returns {Element[]} */
  #bar({ kind, index }, row, from, to) {
    const { chosen } = this.#from.desk;
    const [x1, x2] = [this.view.place(from, this.#width), this.view.place(to, this.#width)];
    if (x2 < 0 || x1 > this.#width) return [];
    const [left, right] = [Math.max(-20, x1), Math.min(this.#width + 20, x2)];
    const y = row * ROW + (ROW - BAR) / 2;
    const isChosen = chosen?.kind === kind && chosen.index === index;
    const about = { "data-kind": kind, "data-index": index };
    const width = Math.max(3, right - left);
    const bar = makeSvg("rect", { ...about, class: `bar bar-${kind}${isChosen ? " chosen" : ""}`, x: left, y, width, height: BAR, rx: 3 });
    const number = makeSvg("text", { x: Math.max(left, 0) + 5, y: y + 12, class: "bar-number" });
    number.textContent = countText(index + 1);
    const edges = [["from", left - EDGE / 2], ["to", left + width - EDGE / 2]].map(([edge, x]) =>
      makeSvg("rect", { ...about, "data-edge": String(edge), class: "bar-edge", x: Number(x), y, width: EDGE, height: BAR }),
    );
    return [bar, ...(width > 24 ? [number] : []), ...(isChosen ? edges : [])];
  }

  /** @param {Chosen} what @param {number} row @param {number} at @returns {Element[]} */
  #key({ kind, index }, row, at) {
    const x = this.view.place(at, this.#width);
    if (x < -6 || x > this.#width + 6) return [];
    const y = row * ROW + ROW / 2;
    const points = `${x - 5},${y} ${x},${y - 5} ${x + 5},${y} ${x},${y + 5}`;
    return [makeSvg("polygon", { points, class: "bar-key", "data-kind": kind, "data-index": index, "data-key": at })];
  }

  /** The stretch between the two marks. */
  #drawMarks() {
    const { from, to } = this.#from.marks;
    const shade = element("marked", HTMLElement);
    shade.hidden = from === null && to === null;
    if (shade.hidden) return;
    const left = this.view.place(from ?? /** @type {number} */ (to), this.#width);
    const right = this.view.place(to ?? /** @type {number} */ (from), this.#width);
    shade.style.insetInlineStart = `${Math.min(left, right)}px`;
    shade.style.inlineSize = `${Math.max(2, Math.abs(right - left))}px`;
  }
}
