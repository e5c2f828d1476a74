// @ts-check
// The court package: which files there may be, and what each is.
//
// Trusts nothing: these are names. Paths are plain, so that none leads out of a package and none has two spellings.
//
// Specification: docs/spec/court-package.md.

import { DERIVATIVES, EXAMINATION } from "../proof/ledger/types.js";
import { RECIPE_FILE } from "../proof/recording/derivatives.js";
import { Malformed, NotProved } from "../proof/errors.js";

/** @import { FileKind } from "../proof/recording/file_items.js" */
/** @typedef {"recordings" | "excerpts" | "photographs" | "documents" | "received" | "derivatives"} ItemKind and the folder it is in */
/**
 * @typedef {{evidence: string, kind: ItemKind, films: string[], viewing: string[]}} ItemFiles names of media files, of a
 *   file those of the original and of the pictures made from it; paths of viewing copies
 */
/**
 * @typedef {object} PackageNames
 * @property {ItemFiles[]} items by evidence id
 * @property {number[]} statements positions in the ledger, ascending, like those of `details`
 * @property {ReadonlyMap<string, string>} credentials paths by evidence id
 * @property {number[]} details
 * @property {number[]} checkpoints sizes of earlier trees
 * @property {{size: number, authority: string}[]} timestamps by size and name
 */

export const POLICY = "data/policy.txt";

/** For people and for other tools; a package may have them. */
export const DOCUMENTS = Object.freeze(["data/certificate.pdf", "data/custody.jsonld"]);
/** Formats of the derivatives that may have a content credential (C2PA) beside them, which is a document too. */
const CREDITED = ["jpeg", "mp4"];
const COMMON = ["events.jsonl", "header.json", "manifest.json", "opened.jsonl"];
/** What every item's folder holds beside its films, or the file itself and the pictures made from it. */
export const ITEM_FILES = Object.freeze({
  recordings: [...COMMON, "index.jsonl"],
  excerpts: [...COMMON, "records.jsonl"],
  photographs: [...COMMON, "index.jsonl"],
  documents: [...COMMON, "index.jsonl"],
  received: [...COMMON, "index.jsonl"],
  derivatives: [...COMMON, "index.jsonl", RECIPE_FILE],
});
/** Of those items that are a file, by their folder. @type {ReadonlyMap<ItemKind, FileKind>} */
export const FILE_KINDS = new Map([["photographs", "photograph"], ["documents", "document"], ["received", "received"], ["derivatives", "derivative"]]);
const TAKEN = ["jpeg", "heic", "png", "dng", "tiff", "pdf", "unknown"];
const RECEIVED = [
  ...TAKEN,
  ...["3gp", "avi", "flv", "mkv", "mov", "mp4", "mpeg", "ts", "webm", "wmv"],
  ...["aac", "aiff", "amr", "caf", "flac", "m4a", "mp3", "ogg", "wav"],
  ...["bmp", "gif", "webp"],
  ...["doc", "docx", "eml", "html", "mbox", "odt", "rtf", "txt", "vcf", "xlsx", "xml"],
  ...["7z", "gz", "iso", "rar", "sqlite", "tar", "zip"],
];
/** What the name of an original ends in, of each kind of file. @type {Readonly<Record<FileKind, readonly string[]>>} */
export const FORMATS = Object.freeze({ photograph: TAKEN, document: [...TAKEN, EXAMINATION], received: RECEIVED, derivative: [...new Set(Object.values(DERIVATIVES))] });
/** The pictures made from a photograph, by their tracks. @type {ReadonlyMap<number, string>} */
export const MADE = new Map([[2, "small.jpeg"], [3, "large.jpeg"]]);

const NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
const PATH = new RegExp(`^(?:(?=data/)${NAME}(?:/${NAME}){0,5}|${NAME})$`);
const POSITION = "(0|[1-9][0-9]{0,15})";
const SIZE = "([1-9][0-9]{0,15})";
const ITEM = /^data\/(recordings|excerpts)\/([0-9a-f]{32})\/([a-z][a-z0-9-]{0,63}\.(?:json|jsonl|mp4))$/;
const FILES = [...FILE_KINDS].map(([folder, kind]) => ({ folder, pictures: `original\\.(?:${FORMATS[kind].join("|")})|small\\.jpeg|large\\.jpeg` }));
const FILE = FILES.map(({ folder, pictures }) => new RegExp(`^data/(${folder})/([0-9a-f]{32})/([a-z]+\\.(?:json|jsonl)|${pictures})$`));
const MEDIA_OF_FILES = FILES.map(({ folder, pictures }) => new RegExp(`^data/${folder}/[0-9a-f]{32}/(?:${pictures})$`));
const CREDENTIAL = /^data\/credentials\/([0-9a-f]{32})\.c2pa$/;
const VIEWING = /^data\/viewing\/([0-9a-f]{32})(?:-(?:[2-9]|[1-9][0-9]{1,5}))?\.mp4$/;
const STATEMENT = new RegExp(`^data/statements/${POSITION}\\.json$`);
const PROOF = new RegExp(`^data/statements/${POSITION}\\.tlog-proof$`);
const DETAILS = new RegExp(`^data/details/${POSITION}\\.json$`);
const CONSISTENCY = new RegExp(`^data/checkpoints/${SIZE}\\.consistency$`);
const TIMESTAMP = new RegExp(`^data/timestamps/${SIZE}\\.([a-z0-9][a-z0-9._-]{0,63})\\.tsr$`);

const FOREIGN = "a file that does not belong in a court package";

/** Whether a file of a package can have this path: names joined by "/"; folders are below `data` alone. @param {string} path */
export function isPackagePath(path) {
  return PATH.test(path);
}

/**
 * Whether it is a film, or the original of another kind of item or a picture made from it: those are proved piece by
 * piece, where they are.
 *
 * @param {string} path
 */
export const isMedia = (path) => path.endsWith(".mp4") || MEDIA_OF_FILES.some((form) => form.test(path));

/** @param {ItemKind} kind @param {string} evidence @param {string} file */
export const itemPath = (kind, evidence, file) => `data/${kind}/${evidence}/${file}`;
/** @param {string} evidence @param {number} number of the copy, from 1 */
export const viewingPath = (evidence, number) => `data/viewing/${evidence}${number === 1 ? "" : `-${number}`}.mp4`;
/** @param {number} position in the ledger */
export const statementPath = (position) => `data/statements/${position}.json`;
/** @param {number} position */
export const proofPath = (position) => `data/statements/${position}.tlog-proof`;
/** @param {number} position */
export const detailsPath = (position) => `data/details/${position}.json`;
/** @param {number} size of the earlier tree */
export const consistencyPath = (size) => `data/checkpoints/${size}.consistency`;
/** @param {number} size @param {string} authority */
export const timestampPath = (size, authority) => `data/timestamps/${size}.${authority}.tsr`;

/** Whether a path is one of those that prove themselves, and may come later. @param {string} path */
export function provesItself(path) {
  return PROOF.test(path) || path.startsWith("data/checkpoints/") || path.startsWith("data/timestamps/");
}

/**
 * What is in a package with these payload paths.
 *
 * @param {Iterable<string>} paths @returns {PackageNames}
 * @throws {NotProved} where something is missing, or does not belong here
 */
export function sortNames(paths) {
  const found = {
    items: /** @type {Map<string, ItemFiles>} */ (new Map()),
    viewing: /** @type {Map<string, string[]>} */ (new Map()),
    credentials: /** @type {Map<string, string>} */ (new Map()),
    statements: /** @type {Set<number>} */ (new Set()),
    proofs: /** @type {Set<number>} */ (new Set()),
    details: /** @type {Set<number>} */ (new Set()),
    checkpoints: /** @type {Set<number>} */ (new Set()),
    timestamps: /** @type {{size: number, authority: string}[]} */ ([]),
    policy: false,
  };
  for (const path of paths) sortName(path, found);
  if (!found.policy) throw new NotProved("incomplete", "there is no policy", POLICY);
  if (found.items.size === 0) throw new NotProved("incomplete", "there is no recording, excerpt or file", "data/recordings");
  for (const position of [...found.statements, ...found.proofs]) {
    if (found.statements.has(position) && found.proofs.has(position)) continue;
    throw new NotProved("incomplete", "a statement without proof, or a proof without statement", `statement ${position}`);
  }
  for (const position of found.details) {
    if (!found.statements.has(position)) throw new NotProved("incomplete", "details of a statement that is not here", `statement ${position}`);
  }
  for (const [evidence, [path]] of found.viewing) {
    const item = found.items.get(evidence);
    if (!item || FILE_KINDS.has(item.kind)) throw new NotProved("altered", "a viewing copy of what is not here", path);
  }
  for (const [evidence, path] of found.credentials) {
    const item = found.items.get(evidence);
    const credited = item?.kind === "derivatives" && CREDITED.some((format) => item.films.includes(`original.${format}`));
    if (!credited) throw new NotProved("altered", "a content credential of what is not here", path);
  }
  return {
    items: [...found.items.values()].map((item) => whole(item, found.viewing)).sort((a, b) => (a.evidence < b.evidence ? -1 : 1)),
    credentials: found.credentials,
    statements: ascending(found.statements),
    details: ascending(found.details),
    checkpoints: ascending(found.checkpoints),
    timestamps: found.timestamps.sort((a, b) => a.size - b.size || (a.authority < b.authority ? -1 : 1)),
  };
}

/** @param {string} path @param {any} found as in `sortNames` */
function sortName(path, found) {
  const match = (/** @type {RegExp} */ form) => form.exec(path)?.slice(1);
  let parts;
  if ((parts = [ITEM, ...FILE].map(match).find(Boolean))) {
    const [kind, evidence, file] = parts;
    const item = found.items.get(evidence) ?? { evidence, kind, films: [], viewing: [] };
    if (item.kind !== kind) throw new NotProved("altered", "it is here as two kinds of item", `evidence ${evidence}`);
    item.films.push(file);
    found.items.set(evidence, item);
  } else if ((parts = match(VIEWING))) {
    const [evidence] = parts;
    found.viewing.set(evidence, [...(found.viewing.get(evidence) ?? []), path]);
  } else if ((parts = match(CREDENTIAL))) {
    found.credentials.set(parts[0], path);
  } else if ((parts = match(TIMESTAMP))) {
    found.timestamps.push({ size: number(parts[0]), authority: parts[1] });
  } else if ((parts = match(STATEMENT))) found.statements.add(number(parts[0]));
  else if ((parts = match(PROOF))) found.proofs.add(number(parts[0]));
  else if ((parts = match(DETAILS))) found.details.add(number(parts[0]));
  else if ((parts = match(CONSISTENCY))) found.checkpoints.add(number(parts[0]));
  else if (path === POLICY) found.policy = true;
  else if (!DOCUMENTS.includes(path)) throw new NotProved("altered", FOREIGN, path);
}

/** An item's names, once every file that it must have is there. @param {ItemFiles} item @param {Map<string, string[]>} viewing */
function whole(item, viewing) {
  const { evidence, kind, films: files } = item;
  for (const name of ITEM_FILES[kind]) {
    if (!files.includes(name)) throw new NotProved("incomplete", "a file of the item is missing", itemPath(kind, evidence, name));
  }
  const films = files.filter((name) => !ITEM_FILES[kind].includes(name)).sort();
  const foreign = films.find((name) => !isMedia(itemPath(kind, evidence, name)));
  if (foreign) throw new NotProved("altered", FOREIGN, itemPath(kind, evidence, foreign));
  return { evidence, kind, films, viewing: viewing.get(evidence) ?? [] };
}

/** @param {string | undefined} digits */
function number(digits) {
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw new Malformed("a number in a file's name that is too large");
  return value;
}

/** @param {Iterable<number>} numbers */
export const ascending = (numbers) => [...numbers].sort((a, b) => a - b);
