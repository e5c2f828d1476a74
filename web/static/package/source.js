// @ts-check
// Where a court package's files come from: a folder that was chosen, or one sealed file.
//
// Trusted for nothing. What a browser does not report of a folder cannot be seen here: links are followed before this
// page hears of them, and empty folders are left out.

import { bytesOf } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { SealedFile } from "./sealed.js";

/** @import { Entry } from "./archives.js" */
/** @import { PassphraseWords } from "./passphrase.js" */
/** @import { Room } from "../proof/buffers.js" */
/**
 * @typedef {object} PackageSource
 * @property {ReadonlyMap<string, number>} sizes path → bytes, every file; paths not looked at yet (bags.js does)
 * @property {(path: string, start: number, length: number, room?: Room) => Promise<Bytes>} read `length` bytes from
 *   `start` on, both within the file, into `room` if one is given; throws NotProved: "altered" where a sealed file was
 *   changed there, "incomplete" where the disk does not give them
 */

/** @param {Iterable<File>} files of an `<input type="file" webkitdirectory>` @returns {PackageSource} */
export function folderSource(files) {
  const found = new Map([...files].map((file) => [file.webkitRelativePath.replace(/^[^/]*\//, ""), file]));
  return {
    sizes: new Map([...found].map(([path, file]) => [path, file.size])),
    read: (path, start, length, room) => bytesOf(/** @type {File} */ (found.get(path)), start, length, path, room),
  };
}

/**
 * @param {Blob} file @param {string} passphrase as it was typed @param {PassphraseWords} words
 * @returns {Promise<PackageSource>} @throws {NotProved} a failure of the step "opening"; "passphrase" for a wrong one
 */
export async function sealedSource(file, passphrase, words) {
  const sealed = await SealedFile.open(file, passphrase, words);
  const entries = await sealed.entries();
  return {
    sizes: new Map([...entries].map(([path, { size }]) => [path, size])),
    read: async (path, start, length, room) =>
      sealed.read(/** @type {Entry} */ (entries.get(path)).offset + start, length, room).catch((error) => {
        if (error instanceof NotProved) error.where = path;
        throw error;
      }),
  };
}
