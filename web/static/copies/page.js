// @ts-check
// A film, a sound, a picture, a document or a text that was made from evidence: opened for a purpose, fetched sealed piece by piece, held
// against its records, played or shown.

import { text } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { control } from "../film/controls.js";
import { Opened, pictureAddress } from "../viewing/opened_file.js";
import { ORIGINAL, RECIPE } from "../proof/recording/records.js";
import { onOpening, show, showTrouble } from "../viewing/opening_form.js";
import { pagePictures, turnPages } from "../viewing/document_pages.js";
import { markViewer } from "../viewing/mark.js";
import { addFact, element, elementIfAny, make } from "../page/elements.js";
import { SECOND, timecode } from "../page/times.js";
import { countText, makeDigest, say } from "../page/words.js";

/** @typedef {{sha256: string, size: number, read: {duration?: number, width?: number, height?: number, metadata?: Record<string, string>}}} FilmDescription */
/** @typedef {{arguments: string[], program: {name: string, version: string}}} Recipe */

const film = elementIfAny("film", HTMLMediaElement);
const picture = elementIfAny("picture", HTMLImageElement);
const plain = elementIfAny("text");

/** @param {string} value a number or a name, which keeps its direction */
const apart = (value) => make("bdi", "numeral", value);

/** @param {FilmDescription} description @param {Recipe} recipe */
function showFacts({ sha256, size, read }, recipe) {
  const add = (/** @type {string} */ code, /** @type {Node} */ value) => addFact(element("facts"), say(code), value);
  if (read.duration !== undefined) add("file.length", apart(timecode(read.duration)));
  if (read.width !== undefined) add("file.pixels", apart(`${read.width} × ${read.height}`));
  add("file.bytes", apart(countText(size)));
  add("file.sha256", makeDigest(sha256));
  add("file.program", make("bdi", "", `${recipe.program.name} ${recipe.program.version}`));
  const original = Object.entries(read.metadata ?? {}); // of the received file that it is a copy of
  for (const [label, value] of original) addFact(element("original"), label, make("bdi", "", value));
  if (original.length > 0) show("original-facts");
  element("recipe").textContent = recipe.arguments.join("\n");
  show("file-facts");
}

/**
 * The film as one thing to play: it is kept piece by piece, so that a long one is in memory once at most.
 *
 * @param {Opened} opened @param {FilmDescription} description
 */
async function fetched(opened, description) {
  const records = opened.track(ORIGINAL);
  /** @type {Blob[]} */
  const pieces = [];
  let size = 0;
  for await (const piece of opened.pieces(records)) {
    pieces.push(new Blob([piece]));
    size += piece.length;
    element("fetched", HTMLProgressElement).value = (100 * pieces.length) / records.length;
  }
  if (size !== description.size) throw new NotProved("incomplete", "the film is longer or shorter than was sealed");
  return new Blob(pieces, { type: "video/mp4" });
}

/** @param {string} purpose */
async function open(purpose) {
  const opened = await Opened.open(element("one").dataset.id, purpose);
  /** @type {FilmDescription} */
  const description = await opened.description();
  showFacts(description, JSON.parse(text(await opened.content(opened.track(RECIPE)))));
  const content = await fetched(opened, description);
  if (film) film.src = URL.createObjectURL(content);
  if (picture) await showPicture(picture, content);
  if (plain) plain.textContent = await content.text(); // never as HTML: a stranger wrote it
  markViewer();
  show(plain ? "text" : "figure");
  show("checked");
  if (film) control(film, description.read.duration ?? (await lengthOf(film)));
}

/** The picture, or each page of a document. @param {HTMLImageElement} image @param {Blob} content */
async function showPicture(image, content) {
  const pages = elementIfAny("pages");
  if (!pages) image.src = await pictureAddress(content);
  else pages.replaceWith(turnPages(await pagePictures(content), image, pictureAddress));
}

/** What a browser finds in a copy of a film that came from outside: no description has it. @param {HTMLMediaElement} media @returns {Promise<number>} µs */
const lengthOf = (media) =>
  new Promise((resolve) => {
    const known = () => resolve(Math.round(media.duration * SECOND));
    if (media.readyState >= HTMLMediaElement.HAVE_METADATA) known();
    else media.addEventListener("loadedmetadata", known, { once: true });
    media.addEventListener("error", () => resolve(0), { once: true });
  });

film?.addEventListener("error", () => showTrouble(say("unplayable")));
picture?.addEventListener("error", () => showTrouble(say("unseen")));
// It leaves the house in a package. This hides the browser's own "save" and prevents nothing (docs/limitations.md).
for (const shown of [film, picture]) shown?.addEventListener("contextmenu", (event) => event.preventDefault());

onOpening(open);
