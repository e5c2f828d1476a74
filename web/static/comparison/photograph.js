// @ts-check
// One photograph of a comparison sheet: opened, held against what was sealed, marked, and what is said of it.

import { cutOff, hasInvisible, labelOf, micrometres } from "./entries.js";
import { Stage } from "./stage.js";
import { Unavailable } from "../proof/errors.js";
import { Opened, pictureAddress } from "../viewing/opened_file.js";
import { LARGE } from "../proof/recording/records.js";
import { inside, make } from "../page/elements.js";
import { isolate, say } from "../page/words.js";

/** @import { Name, Point } from "./stage.js" */
/** @typedef {{read: {width: number, height: number, metadata?: Record<string, string>}}} FileDescription */

const NEAREST = 20; // points between two ends, as casework/comparison_sheets/comparison.py has it
const [COARSEST, FINEST] = [10, 5000]; // points to the centimetre
const SMALLEST = 16; // points of what is shown
const NEAR = 80; // points of the viewing copy across what the loupe shows

/** @param {string} address @returns {Promise<HTMLImageElement>} */
async function loaded(address) {
  const picture = make("img");
  picture.alt = ""; // its name is the heading's; where its handles are, these say
  picture.draggable = false;
  picture.src = address;
  await picture.decode();
  return picture;
}

/**
 * The size of the upright original: the file's own, turned where its viewing copy is.
 *
 * @param {FileDescription["read"]} read @param {HTMLImageElement} picture
 */
function upright({ width, height }, { naturalWidth, naturalHeight }) {
  const off = (/** @type {number} */ w, /** @type {number} */ h) => Math.abs(w * naturalHeight - h * naturalWidth);
  return off(width, height) <= off(height, width) ? { width, height } : { width: height, height: width };
}

/** The day that a camera wrote into the file, if it did. @param {Record<string, string>} metadata */
function dayTaken(metadata) {
  const stamp = metadata.DateTimeOriginal ?? metadata.DateTime ?? "";
  const [, year, month, day] = /^(\d{4}):(\d\d):(\d\d) /.exec(stamp) ?? [];
  const written = `${year}-${month}-${day}`;
  return year && !Number.isNaN(Date.parse(written)) ? written : "";
}

export class MarkedPhotograph {
  /** @param {HTMLElement} card a copy of the page's template @param {string} id @param {string} number */
  constructor(card, id, number) {
    this.card = card;
    this.id = id;
    this.number = number;
    this.heading = this.#one("h3");
    this.heading.textContent = say("name", { number: isolate(number) });
    for (const [family, inputs] of Object.entries({ scale: ["mark", "none"], shown: ["whole", "part"] })) {
      for (const value of inputs) this.#input(`[value=${value}]`).name = `${family}-${id}`;
    }
  }

  /** @type {Stage | null} */
  #stage = null;

  /** @param {string} selector @returns {HTMLElement} */
  #one(selector) {
    return inside(this.card, selector);
  }

  /** @param {string} selector */
  #input(selector) {
    return inside(this.card, selector, HTMLInputElement);
  }

  /** Opens it, which is stated, and puts it onto its stage. @param {string} purpose */
  async open(purpose) {
    const opened = await Opened.open(this.id, purpose);
    /** @type {FileDescription} */
    const description = await opened.description();
    const pieces = opened.track(LARGE);
    if (!pieces.length) throw new Unavailable("unshown", "it has no viewing copy");
    const picture = await loaded(await pictureAddress(await opened.content(pieces)));
    const box = this.#one(".stage");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", say("stage", { number: this.number }));
    box.addEventListener("contextmenu", (event) => event.preventDefault());
    const size = upright(description.read, picture);
    this.#stage = new Stage(box, picture, size, (name, at) => this.#moved(name, at, size));
    const taken = dayTaken(description.read.metadata ?? {});
    this.#input("[data-is=taken]").value = taken;
    this.#one("[data-is=claimed]").hidden = !taken;
    this.card.addEventListener("input", () => this.#fit());
    this.#fit();
  }

  /** @returns {Stage} */
  get #opened() {
    if (!this.#stage) throw new Error("not opened yet");
    return this.#stage;
  }

  /** µm between the ends, or NaN. */
  get #length() {
    return micrometres(this.#input("[data-is=length] input").value);
  }

  get #label() {
    return labelOf(this.#input("[data-is=label]").value);
  }

  /** Points of the original that are a centimetre, by its mark. */
  get #perCm() {
    const [a, b] = [this.#opened.at("end.0"), this.#opened.at("end.1")];
    const apart = Math.hypot(a.x - b.x, a.y - b.y);
    return apart < NEAREST ? NaN : (apart * 10_000) / this.#length;
  }

  get marked() {
    return this.#input("[value=mark]").checked;
  }

  /** What is missing or cannot be, as a code of the page's own sentences; null where nothing is. */
  get missing() {
    const { crop, placed } = this.#opened;
    if (this.marked) {
      if (!placed) return "unplaced";
      if (!(this.#length >= 1000 && this.#length <= 1_000_000)) return "length";
      if (!(this.#perCm >= COARSEST && this.#perCm <= FINEST)) return "mark";
    }
    if (crop.width < SMALLEST || crop.height < SMALLEST) return "part";
    return hasInvisible(this.#label) ? "label" : null;
  }

  /** As the center takes it. */
  get order() {
    const stage = this.#opened;
    const ends = { from: stage.at("end.0"), to: stage.at("end.1"), length: this.#length };
    const taken = this.#input("[data-is=taken]").value || null;
    return { evidence: this.id, crop: stage.crop, mark: this.marked ? ends : null, label: this.#label, taken };
  }

  #fit() {
    const stage = this.#opened;
    stage.marked = this.marked;
    stage.cropped = this.#input("[value=part]").checked;
    stage.render();
    this.#one("[data-is=length]").hidden = !stage.marked;
    this.#showScale();
    this.#showCutOff();
  }

  /** That the sheet will say that its ruler is not in what is shown; it is no fault, and may be meant. */
  #showCutOff() {
    const { crop, placed } = this.#opened;
    const off = this.marked && placed && cutOff(crop, [this.#opened.at("end.0"), this.#opened.at("end.1")]);
    const line = this.#one("[data-is=cut-off]");
    if (line.hidden !== off) return; // shown already, and not read out again at every step
    line.textContent = off ? say("cut-off") : "";
    line.hidden = !off;
  }

  #showScale() {
    const line = this.#one("[data-is=scale]");
    const perCm = this.#perCm;
    if (!this.#opened.placed || Number.isNaN(this.#length)) line.textContent = "";
    else if (perCm >= COARSEST && perCm <= FINEST) line.textContent = say("scale", { n: perCm / 10 });
    else line.textContent = say("scale.wrong");
  }

  /** @param {Name} name @param {Point} at @param {{width: number, height: number}} size */
  #moved(name, at, size) {
    this.#one("[data-is=at]").textContent = say("at", { what: say(name), x: isolate(String(at.x)), y: isolate(String(at.y)) });
    this.#showScale();
    this.#showCutOff();
    const { picture } = this.#opened;
    const loupe = inside(this.card, ".loupe", HTMLCanvasElement);
    const drawn = /** @type {CanvasRenderingContext2D} */ (loupe.getContext("2d"));
    const [x, y] = [((at.x + 0.5) / size.width) * picture.naturalWidth, ((at.y + 0.5) / size.height) * picture.naturalHeight];
    drawn.clearRect(0, 0, loupe.width, loupe.height);
    drawn.drawImage(picture, x - NEAR / 2, y - NEAR / 2, NEAR, NEAR, 0, 0, loupe.width, loupe.height);
    const middle = loupe.width / 2;
    for (const [colour, width] of /** @type {[string, number][]} */ ([["#fff", 3], ["#000", 1]])) {
      drawn.strokeStyle = colour;
      drawn.lineWidth = width;
      drawn.beginPath();
      for (const [from, to] of [[0, middle - 12], [middle + 12, loupe.width]]) {
        drawn.moveTo(from, middle);
        drawn.lineTo(to, middle);
        drawn.moveTo(middle, from);
        drawn.lineTo(middle, to);
      }
      drawn.stroke();
    }
  }
}
