// @ts-check
// Where a court package's files come from: a folder that somebody chose, or one sealed file.
//
// Trusted for nothing. Paths are plain, so that none leads out of the package and none has two spellings.

import { Malformed, NotProved } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * @typedef {object} PackageSource
 * @property {"folder" | "sealed"} kind
 * @property {ReadonlyMap<string, number>} sizes path → bytes, every file
 * @property {(path: string, start: number, length: number) => Promise<Bytes>} read `length` bytes from `start` on
 *   (both within the file) @throws {NotProved} "altered" where a sealed file was changed there, "incomplete" where
 *   the disk gives nothing
 */

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const MOST_FILES = 100_000;
const DEEPEST = 6; // names in a path

/** @param {string} path @returns {boolean} */
export function isPlainPath(path) {
  const names = path.split("/");
  return names.length <= DEEPEST && names.every((name) => NAME.test(name));
}

/**
 * @param {Iterable<File>} files of an `<input type="file" webkitdirectory>`
 * @returns {PackageSource} @throws {NotProved}
 */
export function folderSource(files) {
  /** @type {Map<string, File>} */
  const found = new Map();
  for (const file of files) {
    if (found.size >= MOST_FILES) throw new Malformed(`more than ${MOST_FILES} files`);
    const path = file.webkitRelativePath.slice(file.webkitRelativePath.indexOf("/") + 1);
    if (!isPlainPath(path)) throw new NotProved("altered", "there is a file with a name that cannot be", path.slice(0, 200));
    found.set(path, file);
  }
  return {
    kind: "folder",
    sizes: new Map([...found].map(([path, file]) => [path, file.size])),
    read: async (path, start, length) => bytesOf(/** @type {File} */ (found.get(path)), start, length, path),
  };
}

/**
 * @param {Blob} blob @param {number} start @param {number} length @param {string} where for the error
 * @returns {Promise<Bytes>} exactly `length` bytes @throws {NotProved} "incomplete"
 */
export async function bytesOf(blob, start, length, where) {
  let bytes;
  try {
    bytes = new Uint8Array(await blob.slice(start, start + length).arrayBuffer());
  } catch (error) {
    // The stick was taken out, or a file changed since it was chosen.
    if (!(error instanceof DOMException)) throw error;
    throw new NotProved("incomplete", "a file cannot be read", where);
  }
  if (bytes.length !== length) throw new NotProved("incomplete", "a file ends before it should", where);
  return bytes;
}
