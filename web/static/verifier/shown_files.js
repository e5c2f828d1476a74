// @ts-check
// The files of a package: what each is, and the file itself, to be looked at or saved.
//
// A photograph or a film is shown only on demand, one at a time: it may be hard to look at, and a court room has
// more eyes than one. Each piece is checked in the very bytes that are shown or saved. What a browser cannot show is
// saved as a file, or shown as the smaller picture that was made from it and sealed with it. A received file is only
// saved: whoever made it may have made it to harm what decodes it.

import { NotProved } from "../proof/errors.js";
import { EXAMINATION } from "../proof/ledger/types.js";
import { LARGE, ORIGINAL, RECIPE } from "../proof/recording/records.js";
import { bytesText, fileName, formatText, nameText } from "./names.js";
import { derivedBox, derivedTexts } from "./shown_derivatives.js";
import { examinationBox, examinationTexts } from "./shown_examinations.js";
import { pagePictures, turnPages } from "../viewing/document_pages.js";
import { examinationSheet } from "../viewing/examination_sheet.js";
import { addFact, element, make, makeButton } from "../page/elements.js";
import { saveFile } from "../page/files.js";
import { isolate, makeDigest, say, word } from "../page/words.js";

/** @import { Run } from "../package/run.js" */
/** @import { FileItem, Verdict } from "../package/verify.js" */

/** Formats that browsers show. @type {Readonly<Record<string, string>>} */
const TYPES = Object.freeze({ jpeg: "image/jpeg", png: "image/png", mp4: "video/mp4", txt: "text/plain" });
/** Of a derivative: the pages of a document, which are shown as pictures. Any other PDF is only saved. */
const PAGES = "application/pdf";
/** Endings of saved names, where they are not the format's own. @type {Readonly<Record<string, string>>} */
const ENDINGS = Object.freeze({ [EXAMINATION]: "json" });

/** A file in one line. @param {FileItem} file */
export function fileText(file) {
  const { name, format, size } = file.description;
  return say("file.line", { what: fileName(file), name: isolate(nameText(name)), format: formatText(format), size: bytesText(size) });
}

/** Where a received file came from; what a derivative is, what from and how; of which form a record is; of another file nothing. @param {FileItem} file @param {Verdict} verdict */
export const originTexts = (file, verdict) => (file.kind === "received" ? receivedTexts(file) : [...derivedTexts(file, verdict), ...examinationTexts(file, verdict)]);

/** @param {FileItem} file */
const receivedTexts = ({ seal }) => [
  say("file.received.source", { source: word("source", seal.statement.body.source) }),
  say("file.received.unopened"),
];

/** @param {FileItem} file @returns {HTMLElement | null} */
function receivedBox(file) {
  if (file.kind !== "received") return null;
  const [source, unopened] = receivedTexts(file);
  return make("div", "file-origin", make("p", "", source), make("p", "quiet", unopened));
}

/** As what the file itself can be shown here, if it can. @param {FileItem} file */
const shownType = ({ kind, description: { format } }) => (kind === "derivative" && format === "pdf" ? PAGES : TYPES[format]);

/** The track that can be shown here, if there is one. @param {FileItem} file @returns {number | null} */
function shownTrack(file) {
  const { kind, records } = file;
  if (kind === "received") return null;
  if (shownType(file)) return ORIGINAL;
  return records.some(({ track }) => track === LARGE) ? LARGE : null;
}

export class PackageFiles {
  #run;
  #closing;
  /** @type {(() => void) | null} takes away what is shown */
  #hide = null;
  #latest = 0;

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
    const derived = verdict.files.filter(({ recipe }) => recipe);
    this.#list("file", verdict.files.filter(({ recipe }) => !recipe), verdict);
    this.#list("derivative", derived, verdict);
  }

  /** @param {"file" | "derivative"} which @param {readonly FileItem[]} files @param {Verdict} verdict */
  #list(which, files, verdict) {
    element(`${which}-list`).replaceChildren(...files.map((file) => this.#item(file, verdict)));
    element(`${which}s`).hidden = files.length === 0;
  }

  /** @param {FileItem} file @param {Verdict} verdict */
  #item(file, verdict) {
    const { description, intimate, recipe, credential } = file;
    const name = fileName(file);
    const item = make("li", "file");
    item.dataset.evidence = file.evidence;
    const line = make("div", "film-line", make("h3", "", name), make("bdi", "file-name", nameText(description.name)));
    const agreed = file.seal.statement.body.agreed === true;
    if (intimate) line.append(make("p", "tag tag-amber", say(agreed ? "file.intimate.agreed" : "file.intimate")));
    const facts = make("dl", "digest-list");
    const values = { format: formatText(description.format), size: bytesText(description.size) };
    addFact(facts, say(recipe ? "file.digest.recipe" : "file.digest", values), makeDigest(description.sha256));
    const place = make("figure", "file-shown");
    place.hidden = true;
    const trouble = make("p", "panel panel-amber");
    trouble.hidden = true;
    const actions = make("p", "actions not-printed");
    const track = shownTrack(file);
    if (track !== null) {
      const show = makeButton("", say("file.show", { name }), () => this.#turn(file, track, name, place, show, trouble));
      show.setAttribute("aria-expanded", "false");
      actions.append(show);
    }
    const { examination } = file;
    if (examination) {
      const show = makeButton("", say("file.show", { name }), () => this.#turnTo(() => examinationSheet(examination), name, place, show));
      show.setAttribute("aria-expanded", "false");
      actions.append(show);
    }
    actions.append(makeButton("", say("file.save", { name }), () => this.#save(file, ORIGINAL, ENDINGS[description.format] ?? description.format, trouble)));
    if (recipe) actions.append(makeButton("", say("file.recipe", { name }), () => this.#save(file, RECIPE, "recipe.json", trouble)));
    if (credential) actions.append(makeButton("", say("file.credential", { name }), () => save(new Blob([credential]), file, "c2pa")));
    const origin = receivedBox(file) ?? derivedBox(file, verdict) ?? examinationBox(file, verdict);
    item.append(line, ...(origin ? [origin] : []), facts, actions, trouble, place);
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
    const request = (this.#latest += 1);
    button.textContent = say("file.reading", { name }); // a film may be long
    const blob = await this.#blob(file, track, trouble, track === ORIGINAL ? shownType(file) : TYPES.jpeg);
    button.textContent = say("file.show", { name });
    if (!blob || request !== this.#latest || this.#closing.aborted) return;
    const address = URL.createObjectURL(blob);
    const shows = await makeShown(blob, address, name, trouble);
    const what = file.recipe ? "derived.shown" : track === ORIGINAL ? "file.itself" : "file.made";
    this.#show([shows, make("figcaption", "quiet", say(what))], name, place, button, () => URL.revokeObjectURL(address));
  }

  /**
   * Shows what is made of a file that was read already, or takes it away again.
   *
   * @param {() => HTMLElement} makeShown @param {string} name @param {HTMLElement} place @param {HTMLElement} button
   */
  #turnTo(makeShown, name, place, button) {
    const shown = !place.hidden;
    this.#hide?.();
    this.#hide = null;
    this.#latest += 1;
    if (!shown) this.#show([makeShown(), make("figcaption", "quiet", say("file.itself"))], name, place, button, () => {});
  }

  /** @param {Node[]} content @param {string} name @param {HTMLElement} place @param {HTMLElement} button @param {() => void} taken */
  #show(content, name, place, button, taken) {
    place.replaceChildren(...content);
    place.hidden = false;
    button.setAttribute("aria-expanded", "true");
    button.textContent = say("file.hide", { name });
    this.#hide = () => {
      taken();
      place.replaceChildren();
      place.hidden = true;
      button.setAttribute("aria-expanded", "false");
      button.textContent = say("file.show", { name });
    };
  }

  /** @param {FileItem} file @param {number} track @param {string} ending of the file's name @param {HTMLElement} trouble */
  async #save(file, track, ending, trouble) {
    const blob = await this.#blob(file, track, trouble, "application/octet-stream");
    if (blob) save(blob, file, ending);
  }

  /**
   * All pieces of a track, each checked.
   *
   * @param {FileItem} file @param {number} track @param {HTMLElement} trouble @param {string | undefined} type of what they are
   */
  async #blob({ film }, track, trouble, type) {
    trouble.hidden = true;
    try {
      const pieces = [];
      for await (const piece of film.pieces(track)) pieces.push(new Blob([piece])); // which the browser need not hold in memory
      return new Blob(pieces, { type });
    } catch (error) {
      showTrouble(trouble, unreadText(error));
      return null;
    }
  }
}

/** @param {Blob} blob @param {string} address @param {string} name @param {HTMLElement} trouble */
async function makeShown(blob, address, name, trouble) {
  if (blob.type === TYPES.txt) return shownText(await blob.text(), name);
  if (blob.type === PAGES) return shownPages(blob, trouble);
  return shownMedia(blob.type, address, name, trouble);
}

/** @param {Blob} pdf @param {HTMLElement} trouble */
async function shownPages(pdf, trouble) {
  const shows = make("div", "pages");
  try {
    const picture = make("img");
    picture.addEventListener("error", () => showTrouble(trouble, say("file.not-shown")));
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    shows.append(turnPages(await pagePictures(pdf), picture, (page) => URL.createObjectURL(page)), picture);
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    showTrouble(trouble, say("file.not-shown"));
  }
  return shows;
}

/** @param {string} text of a stranger @param {string} name */
function shownText(text, name) {
  const shows = make("pre", "", text);
  shows.dir = "auto";
  shows.tabIndex = 0;
  shows.setAttribute("aria-label", name);
  return shows;
}

/** A film or a picture. @param {string} type @param {string} address @param {string} name @param {HTMLElement} trouble */
function shownMedia(type, address, name, trouble) {
  const shows = make(type === TYPES.mp4 ? "video" : "img");
  if (shows instanceof HTMLImageElement) shows.alt = name;
  else {
    shows.controls = true;
    shows.setAttribute("aria-label", name);
  }
  shows.addEventListener("error", () => {
    showTrouble(trouble, say(type === TYPES.mp4 ? "file.not-played" : "file.not-shown"));
    shows.remove();
  });
  shows.src = address;
  return shows;
}

/** Why what was proved cannot be read any more. @param {unknown} error */
export function unreadText(error) {
  if (!(error instanceof NotProved)) throw error;
  return say(error.reason === "altered" ? "file.changed" : "film.unavailable");
}

/** @param {Blob} blob @param {FileItem} file @param {string} ending of the file's name */
function save(blob, file, ending) {
  // Never under its own name: a person wrote that, and it may end like a program's.
  saveFile(blob, `${file.kind}-${file.evidence.slice(0, 8)}.${ending}`);
}

/** @param {HTMLElement} trouble @param {string} sentence */
function showTrouble(trouble, sentence) {
  trouble.textContent = sentence;
  trouble.hidden = false;
  trouble.setAttribute("role", "alert");
}
