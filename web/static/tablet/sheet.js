// @ts-check
// A sheet to draw on, with a pen, a finger or a mouse: strokes over a blank ground or over a figure of the body maps.
//
// What is drawn is a list of acts, so that the newest can be undone, also that of clearing. The sheet has one size on every
// screen; what is kept is what is seen. A pen's pressure gives the width of its line; while a pen has been used, hands that rest on the
// glass draw nothing.

export const WIDTH = 1600, HEIGHT = 1200; // of the sheet, in its own units
const GROUND = "#ffffff";
/** @type {Readonly<Record<string, string>>} */
const INK = Object.freeze({ black: "#20231f", red: "#b3261e", blue: "#1f4fa8", green: "#1d5a43" });
const THIN = 2, THICK = 10, PLAIN = 5; // width of a line: by pressure from 0 to 1, and without

/** A point of a stroke: x, y and width, in units of the sheet. @typedef {[number, number, number]} Point */
/** @typedef {{ink: string, points: Point[]}} Stroke */
/** `figure`: code of a figure, "" for none; `null` among the acts: the sheet was cleared. @typedef {{figure: string, acts: (Stroke | null)[]}} Drawn */

/** The strokes that are seen: those after the sheet was cleared last. @param {Drawn} drawn @returns {Stroke[]} */
export function seen({ acts }) {
  return /** @type {Stroke[]} */ (acts.slice(acts.lastIndexOf(null) + 1));
}

/**
 * Where a pointer is on the sheet, and how wide its line.
 *
 * @param {Pick<PointerEvent, "clientX" | "clientY" | "pointerType" | "pressure">} event
 * @param {Pick<DOMRect, "left" | "top" | "width" | "height">} box of the sheet on the screen
 * @returns {Point}
 */
export function pointOf({ clientX, clientY, pointerType, pressure }, { left, top, width, height }) {
  const line = pointerType === "pen" && pressure > 0 ? THIN + (THICK - THIN) * pressure : PLAIN;
  const on = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return [on((WIDTH * (clientX - left)) / width), on((HEIGHT * (clientY - top)) / height), on(line)];
}

/**
 * Draws a stroke from one of its points on.
 *
 * @param {CanvasRenderingContext2D} on @param {Stroke} stroke @param {number} [from]
 */
function drawStroke(on, { ink, points }, from = 0) {
  on.strokeStyle = INK[ink] ?? INK.black;
  on.lineCap = "round";
  for (let at = Math.max(1, from); at <= Math.max(1, points.length - 1); at += 1) {
    const [x, y, width] = points[at - 1], [toX, toY] = points[at] ?? points[at - 1]; // a point alone is a dot
    on.lineWidth = width;
    on.beginPath();
    on.moveTo(x, y);
    on.lineTo(toX, toY);
    on.stroke();
  }
}

export class Sheet {
  #canvas;
  #on;
  #changed;
  #figures;
  /** @type {HTMLImageElement | null} the figure behind the strokes */
  #figure = null;
  /** @type {Drawn} */
  #drawn = { figure: "", acts: [] };
  /** @type {{pointer: number, stroke: Stroke} | null} the stroke under way */
  #going = null;
  #pen = false; // whether a pen has drawn here
  ink = "black";

  /**
   * @param {HTMLCanvasElement} canvas @param {(code: string) => string} figures the address of a figure's picture
   * @param {() => void} changed called after each act, and when a stroke begins
   */
  constructor(canvas, figures, changed) {
    this.#canvas = canvas;
    this.#figures = figures;
    this.#changed = changed;
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    this.#on = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#go(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.#end());
    this.#draw();
  }

  get drawn() {
    return this.#drawn;
  }

  /** Whether nothing is to be seen but the ground and the figure. */
  get blank() {
    return seen(this.#drawn).length === 0;
  }

  /** Shows what was drawn before, or a new sheet. @param {Drawn} drawn */
  async show(drawn) {
    this.#going = null;
    this.#drawn = drawn;
    await this.#load();
  }

  /** @param {string} figure */
  async choose(figure) {
    this.#drawn = { ...this.#drawn, figure };
    await this.#load();
    this.#changed();
  }

  undo() {
    this.#act(this.#drawn.acts.slice(0, -1));
  }

  clear() {
    if (!this.blank) this.#act([...this.#drawn.acts, null]);
  }

  /** What is seen, as a PNG. @returns {Promise<Blob>} */
  picture() {
    return new Promise((resolve, reject) => {
      this.#canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the sheet gave no picture"))), "image/png");
    });
  }

  /** @param {(Stroke | null)[]} acts */
  #act(acts) {
    this.#drawn = { ...this.#drawn, acts };
    this.#draw();
    this.#changed();
  }

  async #load() {
    const { figure } = this.#drawn;
    /** @type {HTMLImageElement | null} */
    let image = null;
    if (figure) {
      image = new Image();
      image.src = this.#figures(figure);
      await image.decode();
    }
    if (figure !== this.#drawn.figure) return; // another one was chosen meanwhile
    this.#figure = image;
    this.#draw();
  }

  #draw() {
    this.#on.fillStyle = GROUND;
    this.#on.fillRect(0, 0, WIDTH, HEIGHT);
    if (this.#figure) {
      const { naturalWidth, naturalHeight } = this.#figure;
      const scale = Math.min(WIDTH / naturalWidth, HEIGHT / naturalHeight);
      const [width, height] = [naturalWidth * scale, naturalHeight * scale];
      this.#on.drawImage(this.#figure, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
    }
    for (const stroke of seen(this.#drawn)) drawStroke(this.#on, stroke);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#pen ||= event.pointerType === "pen";
    if (this.#pen && event.pointerType === "touch") return;
    this.#end(); // one whose end was not heard, as the sheet was covered then
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    const stroke = { ink: this.ink, points: [pointOf(event, this.#canvas.getBoundingClientRect())] };
    this.#going = { pointer: event.pointerId, stroke };
    this.#drawn = { ...this.#drawn, acts: [...this.#drawn.acts, stroke] };
    drawStroke(this.#on, stroke);
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #go(event) {
    if (this.#going?.pointer !== event.pointerId) return;
    const { points } = this.#going.stroke, before = points.length;
    const box = this.#canvas.getBoundingClientRect();
    const moves = event.getCoalescedEvents();
    points.push(...(moves.length > 0 ? moves : [event]).map((one) => pointOf(one, box)));
    drawStroke(this.#on, this.#going.stroke, before);
  }

  #end() {
    if (!this.#going) return;
    this.#going = null;
    this.#changed();
  }
}
