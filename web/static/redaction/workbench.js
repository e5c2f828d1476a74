// @ts-check
// One part of the recording on the bench: its film, the boxes over its pictures, its timeline, its marks. Taken apart
// again before another part is put there.

import { actOnKey, isTyped } from "../page/keys.js";
import { Clock } from "./clock.js";
import { Faces } from "./faces.js";
import { prepareMarks } from "./marks.js";
import { MIDDLE, Overlay } from "./overlay.js";
import { howChosen, prepareRegionPanel } from "./panel.js";
import { preparePreview } from "./preview.js";
import { Thumbnails } from "./thumbnails.js";
import { EditTimeline, ZOOM } from "./timeline.js";
import { Waveform } from "./waveform.js";
import { control } from "../exhibit/open.js";
import { element, make, onPress } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Exhibit } from "../exhibit/open.js" */
/** @import { Stage } from "../film/stage.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Marked } from "./marks.js" */

const PICTURE = 40_000; // µs: a step of about one picture

/**
 * Puts it there.
 *
 * @param {Exhibit} exhibit opened, for the part that the desk has open @param {Desk} desk
 * @param {{list: string, viewing: string}} ids of the edit list, and of what was opened
 */
export function openWorkbench(exhibit, desk, ids) {
  const { film, stage } = exhibit;
  const closing = new AbortController();
  const { signal } = closing;
  const { pictures, sounds } = desk.edits;
  const [large = ""] = pictures;
  stage.lay(large);
  nameOthers(stage, pictures);

  const clock = new Clock(film, stage.elements[large] ?? null, signal);
  const frame = (/** @type {string} */ name) => stage.elements[name]?.closest("figure") ?? null;
  const overlays = pictures.flatMap((picture) => {
    const over = frame(picture);
    return over ? [new Overlay(over, picture, { desk, clock, how: howChosen })] : [];
  });
  const transport = control(exhibit);
  const toKey = prepareRegionPanel(desk, clock, film, signal);
  const togglePreview = preparePreview(film, stage, element("stage"), desk, clock, signal);

  const track = (/** @type {readonly string[]} */ names) => film.header.tracks.find(({ name }) => names.includes(name));
  const [camera, microphone] = [track([large]), track(sounds) ?? film.header.tracks.find(({ kind }) => kind === "audio")];
  const waveform = microphone ? new Waveform(film, microphone.track, signal) : null;
  const thumbnails = camera ? new Thumbnails(film, camera, signal) : null;
  /** @type {Marked} */
  const marked = { from: null, to: null };
  const timeline = new EditTimeline({ film, desk, clock, waveform, thumbnails, marks: marked }, signal);
  const marks = prepareMarks(desk, clock, marked, () => timeline.soon(), signal);

  /** Of the cameras in the copy the one that is looked at, or else the first. */
  const inFront = () => overlays.find(({ layer }) => layer.closest(".camera.large")) ?? overlays[0];

  const faces = new Faces({
    ...ids,
    desk,
    clock,
    frame,
    camera: () => inFront()?.picture ?? large,
    go: (at) => {
      film.pause();
      transport.go(at);
    },
  }, signal);

  const render = () => {
    for (const overlay of overlays) overlay.render();
  };
  clock.each(render);
  desk.addEventListener("change", render, { signal });

  /** A box in the middle of the picture that is looked at, for the arrow keys. */
  const cover = () => {
    clock.rest();
    const overlay = inFront();
    if (!overlay) return;
    if (!overlay.layer.closest(".camera.large")) stage.lay(overlay.picture);
    desk.cover({ ...howChosen(), picture: overlay.picture }, clock.at, MIDDLE);
    const { chosen } = desk;
    if (chosen?.kind === "regions") overlay.focus(chosen.index);
  };
  onPress("cover-new", cover, signal);

  const step = (/** @type {number} */ way) => {
    film.pause();
    film.seek(film.at + way * PICTURE);
  };
  document.addEventListener("keydown", (event) => {
    if (isTyped(event.target, "select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
    actOnKey(event, {
      n: cover,
      k: () => desk.setKeyHere(clock.at),
      "[": () => toKey(-1),
      "]": () => toKey(1),
      ",": () => step(-1),
      ".": () => step(1),
      i: () => marks.here("from"),
      o: () => marks.here("to"),
      b: () => marks.add("bleeps"),
      x: () => marks.add("cuts"),
      p: togglePreview,
      g: () => faces.next(),
      t: () => faces.take(),
      d: () => faces.dismiss(),
      "+": () => timeline.zoom(1 / ZOOM),
      "-": () => timeline.zoom(ZOOM),
      Delete: () => desk.remove(),
    });
  }, { signal });

  const first = camera && film.timeline.spans(camera.track)[0];
  if (first) film.seek(first.from); // the sound may begin before there is anything to be seen
  render();
  return {
    film,
    /** @param {number} at µs */
    go: (at) => transport.go(at),
    close() {
      closing.abort();
      transport.close();
      stage.close();
      film.close();
    },
  };
}

/** Which cameras are not in the copy is written under their pictures. @param {Stage} stage @param {readonly string[]} pictures */
function nameOthers({ elements }, pictures) {
  for (const [name, one] of Object.entries(elements)) {
    if (!(one instanceof HTMLVideoElement) || pictures.includes(name)) continue;
    one.closest("figure")?.querySelector("figcaption")?.append(" ", make("span", "not-in-copy", say("not-in-copy")));
  }
}
