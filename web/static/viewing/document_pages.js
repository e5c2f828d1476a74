// @ts-check
// The pages of a copied document: pictures in a PDF of the one form of docs/spec/manifest.md, section 7, taken from it
// without a reader of PDF, and shown one by one.

import { Malformed } from "../proof/errors.js";
import { make, makeButton } from "../page/elements.js";
import { say } from "../page/words.js";

const END = 64; // bytes at the end that say where the table of objects begins
const HEAD = 256; // bytes in which an object's dictionary ends
const FIRST_PICTURE = 5; // number of the object; each third one from there is a picture
const PER_PAGE = 3;

/** The picture of each page, in their order. @param {Blob} pdf @returns {Promise<Blob[]>} JPEG; throws `Malformed` for another form */
export async function pagePictures(pdf) {
  const table = found(await pdf.slice(-END).text(), /\nstartxref\n(\d+)\n%%EOF\n$/);
  const places = [...(await pdf.slice(table).text()).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, place]) => Number(place));
  const pictures = [];
  for (let object = FIRST_PICTURE; object <= places.length; object += PER_PAGE) {
    const place = places[object - 1];
    const head = await pdf.slice(place, place + HEAD).text();
    const length = found(head, /^\d+ 0 obj\n<< \/Type \/XObject \/Subtype \/Image [^>]* \/Filter \/DCTDecode \/Length (\d+) >>\nstream\n/);
    const start = place + head.indexOf("stream\n") + "stream\n".length;
    pictures.push(pdf.slice(start, start + length, "image/jpeg"));
  }
  if (pictures.length === 0) throw new Malformed("a document without pages");
  return pictures;
}

/** @param {string} content @param {RegExp} form @returns {number} */
function found(content, form) {
  const match = form.exec(content);
  if (!match) throw new Malformed("pages of a document in another form than is specified");
  return Number(match[1]);
}

/**
 * Shows the first page in an image; returns the buttons that turn the pages.
 *
 * @param {readonly Blob[]} pictures @param {HTMLImageElement} image
 * @param {(picture: Blob) => string | Promise<string>} address that the image can have
 */
export function turnPages(pictures, image, address) {
  const where = make("p", "numeral");
  where.setAttribute("role", "status");
  let at = 0;
  const turn = async (/** @type {number} */ to) => {
    at = to;
    back.disabled = at === 0;
    on.disabled = at === pictures.length - 1;
    where.textContent = say("pages.position", { page: at + 1, pages: pictures.length });
    const src = await address(pictures[to]);
    if (at === to) Object.assign(image, { src, alt: where.textContent }); // else the page was turned meanwhile
  };
  const back = makeButton("", say("pages.previous"), () => turn(at - 1));
  const on = makeButton("", say("pages.next"), () => turn(at + 1));
  turn(0);
  return make("div", "page-turner not-printed", back, where, on);
}
