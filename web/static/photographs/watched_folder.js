// @ts-check
// A folder of this device that a tethered camera fills, looked through again and again while its page is open.
//
// A file is handed on once it is whole: it has a size, and neither that nor its time has changed for some seconds.
// What was there before is left alone until it is asked for: a camera's folder may hold other people's pictures.
// A name that is filled anew, with another size or time, is another file. Nothing is ever changed in the folder.

const LOOK_AGAIN = 1_200; // ms after a look has ended
const QUIET = 3_000; // ms without a change, before a file is whole

/** Files that cameras and systems leave there while they work. */
const THEIR_OWN = /^[.~]|^(thumbs\.db|desktop\.ini)$|\.(tmp|temp|part|partial|filepart|crdownload|crswap|download|lock)$/i;
const PICTURES = /\.(jpe?g|hei[cf]|png|tiff?|dng)$/i;

/** @typedef {{size: number, modified: number}} Mark what shows whether a file is still the same */
/** @typedef {Mark & {since: number}} Arriving since when it is as it is */
/**
 * @typedef {object} FolderState
 * @property {boolean} away whether it could not be read just now
 * @property {number} arriving files that are not whole yet
 * @property {number} before pictures that were there before, and are left alone
 * @property {string[]} other names of files that are no pictures of a kind that is taken
 */

const same = (/** @type {Mark | undefined} */ one, /** @type {Mark} */ other) =>
  one !== undefined && one.size === other.size && one.modified === other.modified;

/**
 * Watches a folder until it is stopped. `takeAll`: from now on what was there before counts as new.
 *
 * @param {FileSystemDirectoryHandle} folder
 * @param {(file: File) => void} take gets each whole picture, in the order of their times
 * @param {(state: FolderState) => void} report
 */
export function watchFolder(folder, take, report) {
  let first = true; // nothing is known yet of what was there before
  let stopped = false;
  /** @type {Map<string, Mark>} what was there before, by name */
  const before = new Map();
  /** @type {Map<string, Mark>} what was handed on */
  const taken = new Map();
  /** @type {Map<string, Arriving>} */
  const arriving = new Map();
  /** @type {Set<string>} */
  const other = new Set();

  async function look() {
    let away = false;
    try {
      const found = await files();
      if (stopped) return;
      if (first) for (const file of found) before.set(file.name, markOf(file));
      first = false;
      settle(found);
    } catch {
      if (stopped) return;
      away = true; // unplugged, or no longer permitted: it is looked for again
    }
    report({ away, arriving: arriving.size, before: before.size, other: [...other] });
    setTimeout(() => stopped || void look(), LOOK_AGAIN);
  }

  /** Pictures that are there now. */
  async function files() {
    /** @type {File[]} */
    const found = [];
    for await (const [name, entry] of folder.entries()) {
      if (entry.kind !== "file" || THEIR_OWN.test(name)) continue;
      if (!PICTURES.test(name)) {
        other.add(name);
        continue;
      }
      try {
        found.push(await /** @type {FileSystemFileHandle} */ (entry).getFile());
      } catch (error) {
        // One that is just being written, renamed or removed; the next look sees what became of it.
        if (!(error instanceof DOMException)) throw error;
      }
    }
    return found;
  }

  /** @param {File[]} found */
  function settle(found) {
    const now = performance.now();
    const there = new Set(found.map(({ name }) => name));
    for (const name of arriving.keys()) if (!there.has(name)) arriving.delete(name);
    const whole = found.filter((file) => {
      const mark = markOf(file);
      if (same(before.get(file.name), mark) || same(taken.get(file.name), mark)) return false;
      before.delete(file.name);
      const known = arriving.get(file.name);
      if (known && same(known, mark)) return mark.size > 0 && now - known.since >= QUIET;
      arriving.set(file.name, { ...mark, since: now });
      return false;
    });
    whole.sort((one, another) => one.lastModified - another.lastModified || (one.name < another.name ? -1 : 1));
    for (const file of whole) {
      arriving.delete(file.name);
      taken.set(file.name, markOf(file));
      take(file);
    }
  }

  void look();
  return {
    takeAll() {
      first = false;
      before.clear();
    },
    stop() {
      stopped = true;
    },
  };
}

/** @param {File} file @returns {Mark} */
const markOf = (file) => ({ size: file.size, modified: file.lastModified });
