// @ts-check
// The frames of a guided set, each a place for pictures: taken with this device, or by a camera whose folder is watched.
//
// The camera's next picture goes to the place that was chosen, then the aim moves on to the next empty place of the same
// injury, in the order in which they are taken. Where no place is chosen, pictures wait: none is put anywhere by guess.

import { copyOf, element, elementIfAny, inside, make, setOrHide, setText } from "../page/elements.js";
import { inOne } from "../page/trouble.js";
import { say } from "../page/words.js";
import { IDENTIFYING, keyOf, nextOf, placeName } from "./exam_places.js";
import { offerWatching } from "./watching.js";

/** @import { Place } from "./exam_places.js" */
/** @import { Uploading } from "./uploading.js" */
/**
 * What the page knows of the set.
 *
 * @typedef {object} ExamSet
 * @property {string} exam its id @property {boolean} open @property {Map<string, number[]>} filled numbers of the photographs in a place
 * @property {Set<number>} intimate injuries whose pictures are intimate
 * @property {Set<number>} agreed those to whose pictures she has agreed in particular
 * @property {(injury: number) => void} fix its pictures are intimate, and stay so @property {() => void} changed something was taken
 * @property {(arriving: boolean) => void} choicesChanged what can be chosen may be something else now
 */

export class Frames {
  #set;
  #uploading;
  /** @type {Map<string, HTMLElement>} frames that wait for pictures, by place */
  #places = new Map();
  /** @type {Place | null} */
  #aimed = null;
  #watching = false;
  #going = 0; // pictures on their way
  #coming = 0; // pictures that are not whole yet
  /** @type {File[]} */
  #held = [];

  /** @param {ExamSet} set @param {Uploading} uploading */
  constructor(set, uploading) {
    this.#set = set;
    this.#uploading = uploading;
    addEventListener("beforeunload", (event) => {
      if (this.#going > 0 || this.#coming > 0 || this.#held.length > 0) event.preventDefault();
    });
  }

  /** Watches the camera's folder, where that was chosen. */
  watch() {
    offerWatching({
      take: (file) => {
        this.#held.push(file);
        this.#aim(this.#aimed);
      },
      changed: (on) => {
        this.#watching = on;
        const person = { injury: null, view: IDENTIFYING };
        if (on && !this.#aimed && !this.#set.filled.has(keyOf(person))) this.#aimed = person;
        this.showAim();
      },
      arriving: (number) => {
        this.#coming = number;
        this.showAim();
      },
    });
  }

  /** @param {Place} place */
  frame(place) {
    const frame = copyOf("frame");
    const input = inside(frame, "input", HTMLInputElement);
    const name = say(`view.${place.view}`);
    inside(frame, ".slot-name").textContent = name;
    input.setAttribute("aria-label", say("take", { view: name }));
    input.disabled = !this.#set.open;
    const camera = inside(frame, ".slot-camera", HTMLButtonElement);
    camera.setAttribute("aria-label", say("watch.next", { place: placeName(place) }));
    camera.addEventListener("click", () => this.#aim(place));
    this.#places.set(keyOf(place), frame);
    this.#showFrame(frame, place);
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      input.value = "";
      if (file) void this.#take(frame, file, place);
    });
    return frame;
  }

  /** @param {HTMLElement} frame @param {Place} place */
  #showFrame(frame, place) {
    const numbers = this.#set.filled.get(keyOf(place)) ?? [];
    frame.classList.toggle("filled", numbers.length > 0);
    inside(frame, ".slot-state").textContent = numbers.length ? say("there", { number: numbers.join(", ") }) : say("wanted");
  }

  /** @param {HTMLElement} frame @param {File} file @param {Place} place */
  async #take(frame, file, place) {
    const { exam, filled, intimate, agreed, fix, changed } = this.#set;
    const { injury, view } = place;
    const state = inside(frame, ".slot-state");
    const covered = injury !== null && intimate.has(injury);
    const about = { kind: /** @type {const} */ ("photograph"), intimate: covered, agreed: covered && agreed.has(injury), exam, view, ...(injury === null ? {} : { injury }) };
    this.#going += 1;
    frame.dataset.going = "";
    let waits = ""; // what this one waits for, in words
    const sealed = await this.#uploading.add(file, about, (upload) => {
      const words = upload.words && (upload.state === "cut" ? `${inOne(upload.words)} ${say("keep")}` : inOne(upload.words));
      if (words) setOrHide("trouble", words);
      else if (waits && element("trouble").textContent === waits) setOrHide("trouble", null);
      waits = words && upload.state === "cut" ? words : "";
      if (upload.state !== "sealed" && upload.state !== "refused") {
        state.textContent = say(waits ? "held" : upload.state, { percent: Math.floor(100 * (upload.part ?? 0)) });
      } else if (upload.code === "intimate-injury" && injury !== null) {
        fix(injury);
        this.#hold(file);
      }
    });
    this.#going -= 1;
    delete frame.dataset.going;
    if (sealed?.number && sealed.again) {
      state.textContent = say("again", { number: sealed.number });
      return; // the same file is in another place, and stays there
    }
    if (sealed?.number) {
      const numbers = filled.get(keyOf(place)) ?? [];
      filled.set(keyOf(place), [...numbers.filter((number) => number !== sealed.number), sealed.number]);
      if (!covered) await preview(frame, file);
      else fix(injury);
    }
    this.#showFrame(frame, place);
    changed();
  }

  /** @param {Place} place */
  #takes(place) {
    return !(this.#places.get(keyOf(place))?.querySelector("input")?.disabled ?? true);
  }

  /** @param {Place | null} place */
  #aim(place) {
    this.#aimed = place;
    while (this.#aimed && this.#takes(this.#aimed) && this.#held.length) {
      const here = this.#aimed;
      const file = /** @type {File} */ (this.#held.shift());
      this.#aimed = nextOf(here, (one) => !this.#set.filled.has(keyOf(one)) && !this.#places.get(keyOf(one))?.hasAttribute("data-going"));
      void this.#take(/** @type {HTMLElement} */ (this.#places.get(keyOf(here))), file, here);
    }
    this.showAim();
  }

  /** A picture that its place did not take waits until a place is chosen: none gets it by itself. @param {File} file */
  #hold(file) {
    this.#held.push(file);
    this.#aimed = null;
    this.showAim();
  }

  showAim() {
    if (this.#aimed && !this.#takes(this.#aimed)) this.#aimed = null; // it became intimate, and she has not agreed yet
    const aimed = this.#aimed;
    const catching = this.#watching || this.#held.length > 0;
    for (const [key, frame] of this.#places) {
      const button = inside(frame, ".slot-camera", HTMLButtonElement);
      const here = catching && aimed !== null && key === keyOf(aimed);
      button.hidden = !catching || (frame.querySelector("input")?.disabled ?? true);
      // While one is arriving it is not known for which place it was meant.
      button.disabled = this.#coming > 0;
      button.setAttribute("aria-pressed", String(here));
      frame.classList.toggle("aimed", here);
    }
    this.#set.choicesChanged(this.#coming > 0);
    const line = elementIfAny("watch-aim");
    if (!line) return;
    line.hidden = !catching;
    const words = aimed ? say("watch.goes", { place: placeName(aimed) }) : say("watch.nowhere");
    setText("watch-aim", this.#held.length ? `${words} ${say("watch.held", { n: this.#held.length })}` : words);
  }
}

/**
 * The picture just taken, small, from this device's own memory; where the browser cannot, a sign stays.
 *
 * @param {HTMLElement} frame @param {File} file
 */
async function preview(frame, file) {
  try {
    const image = await createImageBitmap(file, { resizeWidth: 264 });
    const canvas = make("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    image.close();
    frame.querySelector(".slot-picture")?.replaceChildren(canvas);
  } catch {
    // HEIC and raw pictures: this browser has no decoder for them.
  }
}
