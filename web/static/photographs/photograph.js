// @ts-check
// One photograph or document: opened for a purpose, fetched sealed, held against its records, shown, or saved.

import { toHex } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { Opened, pictureAddress } from "../viewing/opened_file.js";
import { EXAMINATION } from "../proof/ledger/types.js";
import { parseExaminationRecord } from "../proof/recording/examination_record.js";
import { LARGE, ORIGINAL, SMALL } from "../proof/recording/records.js";
import { Sha256 } from "../proof/sha256.js";
import { onOpening, show, showError } from "../viewing/opening_form.js";
import { examinationSheet } from "../viewing/examination_sheet.js";
import { markViewer } from "../viewing/mark.js";
import { ask, read } from "../viewing/server.js";
import { addFact, element, elementIfAny, make, onPress } from "../page/elements.js";
import { saveFile } from "../page/files.js";
import { makeDigest, printable, say } from "../page/words.js";

/** @typedef {{name: string, format: string, sha256: string, size: number, read: {width?: number, height?: number, metadata?: Record<string, string>}}} FileDescription */

/** Endings of names by format: the first is added where there is none. @type {Record<string, string[]>} */
const ENDINGS = {
  jpeg: ["jpg", "jpeg"],
  heic: ["heic", "heif", "avif"],
  png: ["png"],
  dng: ["dng"],
  tiff: ["tif", "tiff"],
  pdf: ["pdf"],
  examination: ["json"],
};

/** Of XMP its size alone was read (picture_child.py), which is no word of the file's own. @param {string} label @param {string} value */
function inWords(label, value) {
  const [, count] = (label === "XMP" && /^(\d+) bytes$/.exec(value)) || [];
  return count ? say("bytes", { n: Number(count) }) : value;
}

/** @param {FileDescription} description */
function showFacts({ name, sha256: digest, read }) {
  const facts = element("facts");
  addFact(facts, say("name"), make("bdi", "", printable(name)));
  addFact(facts, say("sha256"), makeDigest(digest));
  if (read.width) addFact(facts, say("pixels"), make("bdi", "", `${read.width} × ${read.height}`));
  for (const [label, value] of Object.entries(read.metadata ?? {})) addFact(facts, label, make("bdi", "", inWords(label, value)));
  show("file-facts");
}

/**
 * Under which name a file is saved: its own, without what leads into folders or turns text round, and ending as its
 * content is. Else a picture that is a web page as well, and is called so, would be opened as one from the disk.
 * @param {FileDescription} description
 */
function savedName({ name, format }) {
  const plain = name.replace(/[^\p{L}\p{M}\p{N}._ -]/gu, "_").replace(/^\.+/, "") || "file";
  const endings = ENDINGS[format] ?? [];
  const ends = endings.some((ending) => plain.toLowerCase().endsWith(`.${ending}`));
  return ends || !endings.length ? plain : `${plain}.${endings[0]}`;
}

/** @param {Opened} opened @param {FileDescription} description */
async function save(opened, description) {
  const digest = new Sha256();
  /** @type {Blob[]} */
  const pieces = []; // a browser puts blobs on the disk that are too many for its memory
  for await (const piece of opened.pieces(opened.track(ORIGINAL))) {
    digest.update(piece);
    pieces.push(new Blob([piece]));
  }
  if (toHex(digest.digest()) !== description.sha256) throw new NotProved("altered", "the original is another one");
  // Saved and never opened here: a file from outside is not shown in a page of ours.
  saveFile(new Blob(pieces, { type: "application/octet-stream" }), savedName(description));
}

/** @param {string} purpose */
async function open(purpose) {
  const opened = await Opened.open(element("one").dataset.id, purpose);
  /** @type {FileDescription} */
  const description = await opened.description();
  showFacts(description);
  const pieces = opened.track(LARGE).length ? opened.track(LARGE) : opened.track(SMALL);
  if (pieces.length) {
    element("large", HTMLImageElement).src = await pictureAddress(await opened.content(pieces));
    markViewer();
    show("figure");
  } else if (description.format === EXAMINATION) {
    await showRecord(opened, purpose);
  } else {
    show("unshown");
  }
  show("checked");
  show("saving", element("saving").dataset.saves === "yes");
  element("save").addEventListener("click", () => save(opened, description).catch(showError));
}

/** The record of an examination: shown, printed, compared with the one that it corrects, or corrected. @param {Opened} opened @param {string} purpose */
async function showRecord(opened, purpose) {
  const { bytes, record } = await recordOf(opened);
  element("record").replaceChildren(examinationSheet(record));
  show("record");
  show("record-actions");
  onPress("print", () => print());
  elementIfAny("earlier")?.addEventListener("click", async ({ currentTarget }) => {
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    button.disabled = true;
    try {
      const earlier = await recordOf(await Opened.open(button.dataset.earlier, purpose));
      element("record").replaceChildren(examinationSheet(record, earlier.record.values));
    } catch (error) {
      button.disabled = false;
      showError(error);
    }
  });
  const whole = { method: "POST", body: bytes };
  const number = element("one").dataset.number;
  elementIfAny("certify")?.addEventListener("click", async ({ currentTarget }) => {
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    button.disabled = true;
    try {
      const specimens = element("certified-specimens", HTMLSelectElement).value;
      saveFile(await (await ask(`/photographs/${element("one").dataset.id}/certificate?specimens=${specimens}`, whole)).blob(), `medical-certificate-${number}.pdf`);
    } catch (error) {
      showError(error);
    } finally {
      button.disabled = false;
    }
  });
  elementIfAny("correct")?.addEventListener("click", async () => {
    try {
      const { draft } = await read(`/photographs/${element("one").dataset.id}/corrections`, whole);
      location.assign(`/examinations/${draft}`);
    } catch (error) {
      showError(error);
    }
  });
}

/** @param {Opened} opened */
async function recordOf(opened) {
  const bytes = await opened.content(opened.track(ORIGINAL));
  return { bytes, record: parseExaminationRecord(bytes) };
}

onOpening(open);
