// @ts-check
// A film, a sound, a picture, a document or a text that was made from evidence: opened for a purpose, fetched sealed piece by piece, held
// against its records, played or shown. A film is played while it is fetched; anything else is shown when it is complete.

import { text } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { control } from "../film/controls.js";
import { filmAddress, FilmPieces } from "./film_address.js";
import { Opened, pictureAddress } from "../viewing/opened_file.js";
import { ORIGINAL, RECIPE } from "../proof/recording/records.js";
import { Opener } from "../viewing/opener.js";
import { onOpening, show, showError, showTrouble } from "../viewing/opening_form.js";
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
const TYPE = "video/mp4"; // of films and sounds; of anything else it is never read

let controlled = false; // once, though a film may be opened again

/** @param {string} value a number or a name, which keeps its direction */
const apart = (value) => make("bdi", "numeral", value);

/** @param {FilmDescription} description @param {Recipe} recipe */
function showFacts({ sha256, size, read }, recipe) {
  for (const list of ["facts", "original"]) elementIfAny(list)?.replaceChildren(); // where it is opened again
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
 * The file as one thing: it is kept piece by piece, so that a long film is in memory once at most.
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
  return new Blob(pieces, { type: TYPE });
}

/**
 * Gives the element a film to play, and waits until the browser knows what it is. What fails then ends `open`; what fails
 * later ends the playing, and the film can be opened again.
 *
 * @param {HTMLMediaElement} media @param {Opened} opened @param {FilmDescription} description
 */
async function load(media, opened, description) {
  const opener = new Opener(opened.source());
  const pieces = new FilmPieces(opened.track(ORIGINAL), description.size, (record) => opener.open(record));
  let fail = (/** @type {unknown} */ error) => stop(media, error);
  /** @type {Promise<never>} */
  const failed = new Promise((_, reject) => (fail = reject));
  const address = await filmAddress(pieces, element("one").dataset.id ?? "", TYPE, (error) => fail(error));
  media.src = address ?? URL.createObjectURL(await fetched(opened, description));
  await Promise.race([begun(media), failed]);
  fail = (error) => stop(media, error);
}

/** Shows nothing of the film any more, and why. @param {HTMLMediaElement} media @param {unknown} error */
function stop(media, error) {
  media.removeAttribute("src");
  media.load();
  show("figure", false);
  show("checked", false);
  showError(error);
  show("opening");
}

/** @param {string} purpose */
async function open(purpose) {
  const opened = await Opened.open(element("one").dataset.id, purpose);
  /** @type {FilmDescription} */
  const description = await opened.description();
  showFacts(description, JSON.parse(text(await opened.content(opened.track(RECIPE)))));
  if (film) await load(film, opened, description);
  else await showContent(await fetched(opened, description));
  markViewer();
  show(plain ? "text" : "figure");
  show("checked");
  if (film && !controlled) control(film, description.read.duration ?? (film.duration || 0) * SECOND);
  controlled = true;
}

/** @param {Blob} content */
async function showContent(content) {
  if (picture) await showPicture(picture, content);
  if (plain) plain.textContent = await content.text(); // never as HTML: a stranger wrote it
}

/** The picture, or each page of a document. @param {HTMLImageElement} image @param {Blob} content */
async function showPicture(image, content) {
  const pages = elementIfAny("pages");
  if (!pages) image.src = await pictureAddress(content);
  else pages.replaceWith(turnPages(await pagePictures(content), image, pictureAddress));
}

/** Once the browser knows the length of a film, or that it cannot play it. @param {HTMLMediaElement} media */
const begun = (media) =>
  new Promise((resolve) => {
    for (const type of ["loadedmetadata", "error"]) media.addEventListener(type, resolve, { once: true });
  });

film?.addEventListener("error", () => element("trouble").hidden && showTrouble(say("unplayable")));
picture?.addEventListener("error", () => showTrouble(say("unseen")));
// It leaves the house in a package. This hides the browser's own "save" and prevents nothing (docs/limitations.md).
for (const shown of [film, picture]) shown?.addEventListener("contextmenu", (event) => event.preventDefault());

onOpening(open);
