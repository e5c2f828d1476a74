// @ts-check
// One part of the recording on the bench: its film, the boxes over its pictures, its timeline, its marks. Taken apart
// again before another part is put there.

import { actOnKey, isTyped } from "../page/keys.js";
import { Clock } from "./clock.js";
import { Faces } from "./faces.js";
import { Marks } from "./marks.js";
import { MIDDLE, Overlay } from "./overlay.js";
import { RegionPanel } from "./panel.js";
import { Preview } from "./preview.js";
import { Thumbnails } from "./thumbnails.js";
import { EditTimeline } from "./timeline.js";
import { Waveform } from "./waveform.js";
import { control } from "../exhibit/open.js";
import { element, make, onPress } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Exhibit } from "../exhibit/open.js" */
/** @import { Desk } from "./desk.js" */

const PICTURE = 40_000; // µs: a step of about one picture
const ZOOM = 1.6;

export class Workbench {
  #closing = new AbortController();
  #exhibit;
  #desk;
  #transport;
  #overlays;
  #marks;
  #panel;
  #preview;
  #timeline;
  #clock;
  #faces;

  /**
   * @param {Exhibit} exhibit opened, for the part that the desk has open @param {import("../exhibit/panels.js").Alarm} alarm
   * @param {Desk} desk
   * @param {{list: string, viewing: string}} ids of the edit list, and of what was opened
   */
  constructor(exhibit, alarm, desk, ids) {
    const { film, stage } = exhibit;
    const { signal } = this.#closing;
    this.#exhibit = exhibit;
    this.#desk = desk;
    const { pictures, sounds } = desk.edits;
    const [large = ""] = pictures;
    stage.lay(large);
    const look = stage.elements[large] ?? null;
    this.#clock = new Clock(film, look, signal);
    const hands = { desk, clock: this.#clock, how: RegionPanel.how };
    this.#overlays = pictures.flatMap((picture) => {
      const frame = stage.elements[picture]?.closest("figure");
      return frame ? [new Overlay(frame, picture, hands)] : [];
    });
    this.#nameOthers(pictures);
    this.#transport = control(exhibit, alarm);
    this.#marks = new Marks(desk, this.#clock, signal);
    this.#panel = new RegionPanel(desk, this.#clock, film, signal);
    this.#preview = new Preview(film, stage, element("stage", HTMLElement), desk, this.#clock);

    const track = (/** @type {readonly string[]} */ names) => film.header.tracks.find(({ name }) => names.includes(name));
    const [camera, microphone] = [track([large]), track(sounds) ?? film.header.tracks.find(({ kind }) => kind === "audio")];
    const waveform = microphone ? new Waveform(film, microphone.track, signal) : null;
    const thumbnails = camera ? new Thumbnails(film, camera, signal) : null;
    const sources = { film, desk, clock: this.#clock, waveform, thumbnails, marks: () => this.#marks.at };
    this.#timeline = new EditTimeline(sources, signal);
    this.#marks.addEventListener("change", () => this.#timeline.soon());

    const frame = (/** @type {string} */ name) => stage.elements[name]?.closest("figure") ?? null;
    const inFront = () => this.#inFront()?.picture ?? large;
    const go = (/** @type {number} */ at) => {
      film.pause();
      this.go(at);
    };
    this.#faces = new Faces({ ...ids, desk, clock: this.#clock, camera: inFront, frame, go }, signal);

    const render = () => {
      for (const overlay of this.#overlays) overlay.render();
    };
    this.#clock.each(render);
    desk.addEventListener("change", render, { signal });
    desk.addEventListener("change", () => this.#preview.follow(), { signal });
    onPress("cover-new", () => this.cover(), signal);
    onPress("preview", () => this.togglePreview(), signal);
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    const first = camera && film.timeline.spans(camera.track)[0];
    if (first) film.seek(first.from); // the sound may begin before there is anything to be seen
    render();
    this.#preview.follow();
    this.#tellPreview();
  }

  /** Which cameras are not in the copy is written under their pictures. @param {readonly string[]} pictures */
  #nameOthers(pictures) {
    for (const [name, one] of Object.entries(this.#exhibit.stage.elements)) {
      if (!(one instanceof HTMLVideoElement) || pictures.includes(name)) continue;
      one.closest("figure")?.querySelector("figcaption")?.append(" ", make("span", "not-in-copy", say("not-in-copy")));
    }
  }

  get film() {
    return this.#exhibit.film;
  }

  /** @param {number} at µs */
  go(at) {
    this.#transport.go(at);
  }

  /** Of the cameras in the copy the one that is looked at, or else the first. */
  #inFront() {
    const large = element("cameras", HTMLElement).querySelector(".camera.large .layer");
    return this.#overlays.find(({ layer }) => layer === large) ?? this.#overlays[0];
  }

  /** A box in the middle of the picture that is looked at, for the arrow keys. */
  cover() {
    this.#clock.rest();
    const overlay = this.#inFront();
    if (!overlay) return;
    if (!overlay.layer.closest(".camera.large")) this.#exhibit.stage.lay(overlay.picture);
    this.#desk.cover({ ...RegionPanel.how(), picture: overlay.picture }, this.#clock.at, MIDDLE);
    const { chosen } = this.#desk;
    if (chosen?.kind === "regions") overlay.focus(chosen.index);
  }

  togglePreview() {
    this.#preview.on = !this.#preview.on;
    this.#preview.follow();
    this.#tellPreview();
  }

  #tellPreview() {
    const button = element("preview", HTMLButtonElement);
    button.textContent = say(this.#preview.on ? "preview.on" : "preview.off");
  }

  close() {
    this.#closing.abort();
    this.#transport.close();
    this.#exhibit.stage.close();
    this.film.close();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target } = event;
    if (isTyped(target, "select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
    const { film } = this;
    const { at } = this.#clock;
    const step = (/** @type {number} */ way) => {
      film.pause();
      film.seek(film.at + way * PICTURE);
    };
    actOnKey(event, {
      n: () => this.cover(),
      k: () => this.#desk.setKeyHere(at),
      "[": () => this.#panel.toKey(-1),
      "]": () => this.#panel.toKey(1),
      ",": () => step(-1),
      ".": () => step(1),
      i: () => this.#marks.here("from"),
      o: () => this.#marks.here("to"),
      b: () => this.#marks.add("bleeps"),
      x: () => this.#marks.add("cuts"),
      p: () => this.togglePreview(),
      g: () => this.#faces.next(),
      t: () => this.#faces.take(),
      d: () => this.#faces.dismiss(),
      "+": () => this.#timeline.zoom(1 / ZOOM),
      "-": () => this.#timeline.zoom(ZOOM),
      Delete: () => this.#desk.remove(),
    });
  }
}
