// @ts-check
// The photographs and documents of a package: what each is, and the file itself, to be looked at or saved.
//
// A photograph is shown only when somebody asks for it, one at a time: it may be hard to look at, and a court room has
// more eyes than one. Each piece is checked in the very bytes that are shown or saved. What a browser cannot show is
// saved as a file, or shown as the smaller picture that was made from it and sealed with it.

import { bytesText, nameText } from "./answer.js";
import { concat } from "./bytes.js";
import { NotProved } from "./errors.js";
import { LARGE, ORIGINAL } from "./files.js";
import { element, isolate, make, makeButton, makeDigest, say, word } from "./words.js";

/** @typedef {import("./run.js").Run} Run */
/** @typedef {import("./verify_package.js").FileItem} FileItem */

/** Formats that browsers show. @type {Readonly<Record<string, string>>} */
const TYPES = Object.freeze({ jpeg: "image/jpeg", png: "image/png" });

/** What a photograph or document is called here: its kind, and its number among those of its kind. @param {FileItem} file @param {readonly FileItem[]} files */
export function fileName(file, files) {
  const number = files.filter(({ kind }) => kind === file.kind).indexOf(file) + 1;
  return say(`file.${file.kind}`, { number });
}

/** A photograph or document in one line. @param {FileItem} file @param {readonly FileItem[]} files */
export function fileText(file, files) {
  const { name, format, size } = file.told;
  return say("file.line", { what: fileName(file, files), name: isolate(nameText(name)), format: word("format", format), size: bytesText(size) });
}

export class PackageFiles {
  #run;
  #closing;
  /** @type {(() => void) | null} takes away what is shown */
  #hide = null;
  #asked = 0;

  /** @param {Run} run @param {AbortSignal} closing */
  constructor(run, closing) {
    this.#run = run;
    this.#closing = closing;
    if (run.end) this.#offer();
    else run.addEventListener("over", () => this.#offer(), { signal: closing });
    closing.addEventListener("abort", () => this.#hide?.());
  }

  /** A package that is not proved is not shown. */
  #offer() {
    const { verdict } = this.#run;
    if (!verdict || verdict.outcome === "not proved" || verdict.files.length === 0) return;
    element("file-list", HTMLElement).replaceChildren(...verdict.files.map((file) => this.#item(file, verdict.files)));
    element("files", HTMLElement).hidden = false;
  }

  /** @param {FileItem} file @param {readonly FileItem[]} files */
  #item(file, files) {
    const { told, intimate } = file;
    const name = fileName(file, files);
    const item = make("li", "file");
    item.dataset.evidence = file.evidence;
    const line = make("div", "film-line");
    line.append(make("h3", "", name), make("bdi", "file-name", nameText(told.name)));
    if (intimate) line.append(make("p", "tag tag-amber", say("file.intimate")));
    const facts = make("dl", "digest-list");
    const whole = make("dd");
    whole.append(makeDigest(told.sha256));
    facts.append(make("dt", "", say("file.digest", { format: word("format", told.format), size: bytesText(told.size) })), whole);
    const place = make("figure", "file-shown");
    place.hidden = true;
    const trouble = make("p", "panel panel-amber");
    trouble.hidden = true;
    const actions = make("p", "actions not-printed");
    const track = TYPES[told.format] ? ORIGINAL : file.records.some((record) => record.track === LARGE) ? LARGE : null;
    if (track !== null) {
      const show = makeButton("", say("file.show", { name }), () => this.#turn(file, track, name, place, show, trouble));
      show.setAttribute("aria-expanded", "false");
      actions.append(show);
    }
    actions.append(makeButton("", say("file.save", { name }), () => this.#save(file, trouble)));
    item.append(line, facts, actions, trouble, place);
    return item;
  }

  /**
   * Shows it, or takes it away again.
   *
   * @param {FileItem} file @param {number} track @param {string} name @param {HTMLElement} place @param {HTMLElement} button
   * @param {HTMLElement} trouble
   */
  async #turn(file, track, name, place, button, trouble) {
    const shown = !place.hidden;
    this.#hide?.();
    this.#hide = null;
    if (shown) return;
    const asked = (this.#asked += 1);
    const bytes = await this.#bytes(file, track, trouble);
    if (!bytes || asked !== this.#asked || this.#closing.aborted) return;
    const address = URL.createObjectURL(new Blob([bytes], { type: track === ORIGINAL ? TYPES[file.told.format] : TYPES.jpeg }));
    const picture = document.createElement("img");
    picture.alt = name;
    picture.addEventListener("error", () => {
      tell(trouble, say("file.not-shown"));
      picture.remove();
    });
    picture.src = address;
    place.replaceChildren(picture, make("figcaption", "quiet", say(track === ORIGINAL ? "file.itself" : "file.made")));
    place.hidden = false;
    button.setAttribute("aria-expanded", "true");
    button.textContent = say("file.hide", { name });
    this.#hide = () => {
      URL.revokeObjectURL(address);
      place.replaceChildren();
      place.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.textContent = say("file.show", { name });
    };
  }

  /** @param {FileItem} file @param {HTMLElement} trouble */
  async #save(file, trouble) {
    const bytes = await this.#bytes(file, ORIGINAL, trouble);
    if (!bytes) return;
    // Never under its own name: that was somebody's word, and may end like a program's.
    const link = document.createElement("a");
    link.download = `${file.kind}-${file.evidence.slice(0, 8)}.${file.told.format}`;
    link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** All pieces of a track, each checked. @param {FileItem} file @param {number} track @param {HTMLElement} trouble */
  async #bytes({ film, records }, track, trouble) {
    trouble.hidden = true;
    try {
      const pieces = [];
      for (const record of records) if (record.kind === "piece" && record.track === track) pieces.push(await film.content(record));
      return concat(...pieces);
    } catch (error) {
      if (!(error instanceof NotProved)) throw error;
      tell(trouble, say(error.reason === "altered" ? "file.changed" : "film.unavailable"));
      return null;
    }
  }
}

/** @param {HTMLElement} trouble @param {string} sentence */
function tell(trouble, sentence) {
  trouble.textContent = sentence;
  trouble.hidden = false;
  trouble.setAttribute("role", "alert");
}
