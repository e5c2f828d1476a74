// @ts-check
// Drawings on the tablet: made on its sheet, or a picture of one on paper. Each is sealed as a document of the case, then
// reported to the recorder with how long ago it was ended.
//
//   drawn → kept → sealed → in the record
//
// What is not in the record yet stays on this tablet (`drawing_store`): a reload, a cut network or an ended session delay
// it. Where this browser keeps nothing, it is on the page alone, and the page says so.

import { DrawingStore } from "./drawing_store.js";
import { Sheet } from "./sheet.js";
import { copyOf, element, elements, onPress, setOrHide } from "../page/elements.js";
import { pause } from "../page/poll.js";
import { change, Refused, requestNumber } from "../page/requests.js";
import { inOne, refusedWords } from "../page/trouble.js";
import { say } from "../page/words.js";
import { ofCase, Uploading } from "../photographs/uploading.js";

/** @import { Drawn } from "./sheet.js" */
/** @import { Upload } from "../photographs/uploading.js" */
/**
 * What is known of a drawing. Times in ms since 1970 by this page's clock, which no setting moves while it is open;
 * `began`: null before the first stroke.
 *
 * @typedef {object} Drawing
 * @property {string} interview @property {string} person who was signed in
 * @property {string} caseId @property {"tablet" | "paper"} means
 * @property {number | null} began @property {number} ended the last change @property {Drawn} [drawn] while it is on the sheet
 * @property {string} [file] name of its picture, once it was kept @property {string} request number of its report
 */
/** @typedef {import("./drawing_store.js").Kept<Drawing>} Kept */

// Paler than any stroke, on paper that is white in dark rooms too.
const FIGURE_STYLE = ".skin { fill: #fff; stroke: #8b8a7f; stroke-width: 1.4 } .line { fill: none; stroke: #aaa79d; stroke-width: 1 }";
const AGAIN = 2_000; // ms until a report that did not arrive is sent again

const clock = () => performance.timeOrigin + performance.now();

export class TabletDrawing {
  #here;
  #changed;
  #sheet;
  #place = element("drawing");
  #figure = element("drawing-figure", HTMLSelectElement);
  /** @type {DrawingStore<Drawing> | null} */
  #store = null;
  /** @type {number | null} */
  #began = null;
  #ended = 0;
  /** @type {Promise<unknown>} */
  #saving = Promise.resolve();
  #uploading;
  #sending = 0;

  /** @param {{interview: string, caseId: string, person: string}} here @param {() => void} changed called when the sheet is opened or closed */
  constructor(here, changed) {
    this.#here = here;
    this.#changed = changed;
    this.#uploading = new Uploading(ofCase(here.caseId, here.person));
    this.#sheet = new Sheet(element("drawing-sheet", HTMLCanvasElement), figureAddress, () => this.#onChange());
    onPress("draw", () => this.#open(true));
    onPress("drawing-close", () => this.#open(false));
    onPress("drawing-undo", () => this.#sheet.undo());
    onPress("drawing-clear", () => this.#sheet.clear());
    onPress("drawing-keep", () => void this.#keepSheet());
    this.#figure.addEventListener("change", () => void this.#sheet.choose(this.#figure.value));
    for (const one of elements("[name=ink]", HTMLInputElement)) one.addEventListener("change", () => { this.#sheet.ink = one.value; });
    const paper = element("drawing-paper", HTMLInputElement);
    paper.addEventListener("change", () => {
      const [file] = paper.files ?? [];
      paper.value = "";
      if (file) void this.#keepPaper(file);
    });
    element("draw", HTMLButtonElement).disabled = true; // until it is known what is on the sheet
    void this.#restore().finally(() => {
      element("draw", HTMLButtonElement).disabled = false;
    });
    this.#show();
  }

  /** Whether the sheet is open. */
  open = false;

  /** @param {boolean} open */
  #open(open) {
    this.open = open;
    this.#changed();
  }

  /** What was kept before this page was opened. */
  async #restore() {
    try {
      this.#store = await DrawingStore.open();
      void navigator.storage.persist(); // some browsers ask the person, who need not answer
    } catch (error) {
      console.warn("This browser keeps nothing.", error);
      setOrHide("drawing-unkept", say("drawing.unkept"));
      return;
    }
    for (const kept of await this.#store.all()) {
      const { drawn, person, interview } = kept.about;
      if (drawn === undefined) {
        if (person === this.#here.person) void this.#send(kept);
      } else if (interview === this.#here.interview && drawn.acts.length > 0 && this.#sheet.drawn.acts.length === 0) {
        this.#began = kept.about.began;
        this.#ended = kept.about.ended;
        this.#figure.value = drawn.figure;
        await this.#sheet.show(drawn);
        this.#open(true);
      }
    }
    this.#show();
  }

  get #name() {
    return `${this.#here.interview}/sheet`;
  }

  /** @param {"tablet" | "paper"} means @param {Partial<Drawing>} more @returns {Drawing} */
  #about(means, more) {
    const { interview, person, caseId } = this.#here;
    return { interview, person, caseId, means, began: this.#began, ended: this.#ended, request: requestNumber(), ...more };
  }

  #onChange() {
    this.#ended = clock();
    this.#began = this.#sheet.drawn.acts.length === 0 ? null : (this.#began ?? this.#ended);
    const drawn = structuredClone(this.#sheet.drawn);
    this.#save((store) => store.keep({ name: this.#name, about: this.#about("tablet", { drawn }), file: null }));
    this.#show();
  }

  /** One after the other: an older state never comes over a newer one. @param {(store: DrawingStore<Drawing>) => Promise<void>} write */
  #save(write) {
    const store = this.#store;
    if (store) this.#saving = this.#saving.then(() => write(store)).catch(() => setOrHide("drawing-unkept", say("drawing.unkept")));
    return this.#saving;
  }

  async #keepSheet() {
    if (this.#sheet.blank || !this.open) return;
    this.#open(false); // nothing more is drawn on it
    const picture = await this.#sheet.picture();
    await this.#keep(this.#about("tablet", { file: "drawing.png" }), await picture.arrayBuffer(), this.#name);
    this.#began = null;
    await this.#sheet.show({ figure: this.#figure.value, acts: [] });
    this.#show();
  }

  /** @param {File} file */
  async #keepPaper(file) {
    const ended = clock();
    await this.#keep(this.#about("paper", { began: null, ended, file: file.name }), await file.arrayBuffer());
  }

  /** @param {Drawing} about @param {ArrayBuffer} file @param {string} [instead] name of what is kept, in whose place this is */
  async #keep(about, file, instead) {
    const kept = { name: `${about.interview}/${about.request}`, about, file };
    await this.#save((store) => store.keep(kept, instead));
    void this.#send(kept);
  }

  // --- into the case, and into the record --------------------------------------------------------------------------

  /** @param {Kept} kept */
  async #send(kept) {
    const { about, file } = kept;
    this.#sending += 1;
    this.#show();
    /** @type {Upload | null} */
    let upload = null;
    const uploading = about.caseId === this.#here.caseId ? this.#uploading : new Uploading(ofCase(about.caseId, about.person));
    const sealed = await uploading.add(new File([file ?? new ArrayBuffer(0)], about.file ?? ""), { kind: "document" }, (now) => {
      upload = now;
      setOrHide("drawing-held", now.state === "cut" && now.words ? inOne(now.words) : null);
    });
    const refused = sealed ? await report(about, sealed.id) : refusalOf(upload);
    this.#sending -= 1;
    if (refused === null) element("drawing-done").textContent = say("drawing.done", { number: sealed?.number ?? "" });
    else this.#refuse(kept, sealed?.number ?? null, refused);
    if (sealed) await this.#save((store) => store.remove(kept.name));
    this.#show();
  }

  /** @param {Kept} kept @param {number | null} number of the document, if it was sealed @param {string} why */
  #refuse(kept, number, why) {
    const panel = copyOf("drawing-refused");
    const words = number === null ? say("drawing.unsealed", { name: kept.about.file ?? "", why }) : say("drawing.unrecorded", { number, why });
    panel.querySelector("p")?.append(words);
    const button = panel.querySelector("button");
    if (button) {
      button.textContent = say(number === null ? "drawing.delete" : "drawing.dismiss");
      button.addEventListener("click", () => {
        panel.remove();
        void this.#save((store) => store.remove(kept.name));
      });
    }
    element("drawing-troubles").append(panel);
  }

  #show() {
    this.#place.dataset.blank = String(this.#sheet.blank);
    element("drawing-keep", HTMLButtonElement).disabled = this.#sheet.blank;
    element("drawing-clear", HTMLButtonElement).disabled = this.#sheet.blank;
    element("drawing-undo", HTMLButtonElement).disabled = this.#sheet.drawn.acts.length === 0;
    setOrHide("drawing-sending", this.#sending > 0 ? say("drawing.sending", { n: this.#sending }) : null);
  }
}

/** The picture of a figure, with its style in it. @param {string} code @returns {string} an address for an image */
function figureAddress(code) {
  const { content } = element(`figure-${code}`, HTMLTemplateElement);
  const figure = /** @type {Element} */ (content.firstElementChild?.cloneNode(true));
  const style = document.createElementNS(figure.namespaceURI, "style");
  style.textContent = FIGURE_STYLE;
  figure.prepend(style);
  const text = new XMLSerializer().serializeToString(figure);
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}

/** @param {Upload | null} upload */
const refusalOf = (upload) => (upload?.words ? inOne(upload.words) : "");

/** Reports a sealed drawing until there is an answer. @param {Drawing} about @param {string} evidence @returns {Promise<string | null>} why it is not in the record */
async function report({ interview, means, began, ended, request }, evidence) {
  const ms = began === null ? 0 : Math.max(0, Math.round(ended - began));
  for (;;) {
    try {
      const ago = Math.max(0, Math.round(clock() - ended));
      await change(`/interviews/${interview}/drawing`, { evidence, means, ms, ago }, 1, request);
      return null;
    } catch (error) {
      const waits = !(error instanceof Refused) || error.code === "recorder.away" || error.code === "not-signed-in";
      if (!waits) return inOne(refusedWords(error.code, error.fields));
      await pause(AGAIN);
    }
  }
}
