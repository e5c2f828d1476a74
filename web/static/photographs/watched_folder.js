// @ts-check
// A folder of this device that a tethered camera fills, looked through again and again while its page is open.
//
// A file is handed on once it is whole: it has a size, and neither that nor its time has changed for some seconds.
// What was there before is left alone until somebody asks for it: a camera's folder may hold other people's pictures.
// A name that is filled anew, with another size or time, is another file. Nothing is ever changed in the folder.

const LOOK_AGAIN = 1_200; // ms after a look has ended
export const QUIET = 3_000; // ms without a change, before a file is whole

/** What a camera's or a system's own work leaves lying around while it goes on. */
const THEIR_OWN = /^[.~]|^(thumbs\.db|desktop\.ini)$|\.(tmp|temp|part|partial|filepart|crdownload|crswap|download|lock)$/i;
const PICTURES = /\.(jpe?g|hei[cf]|png|tiff?|dng)$/i;

/** @typedef {{size: number, modified: number}} Mark what tells whether a file is still the same */
/** @typedef {Mark & {since: number}} Arriving since when it is as it is */
/**
 * @typedef {object} Told how the folder does
 * @property {boolean} away whether it could not be read just now
 * @property {number} arriving files that are not whole yet
 * @property {number} before pictures that were there before, and are left alone
 * @property {string[]} other names of files that are no pictures of a kind that is taken
 */

const same = (/** @type {Mark | undefined} */ one, /** @type {Mark} */ other) =>
  one !== undefined && one.size === other.size && one.modified === other.modified;

export class WatchedFolder {
  /**
   * @param {FileSystemDirectoryHandle} folder
   * @param {(file: File) => void} take gets each whole picture, in the order of their times
   * @param {(told: Told) => void} tell
   */
  constructor(folder, take, tell) {
    this.#folder = folder;
    this.#take = take;
    this.#tell = tell;
    void this.#look(true);
  }

  #folder;
  #take;
  #tell;
  #stopped = false;
  #all = false;
  /** @type {Map<string, Mark>} what was there before, by name */
  #before = new Map();
  /** @type {Map<string, Mark>} what was handed on */
  #taken = new Map();
  /** @type {Map<string, Arriving>} */
  #arriving = new Map();
  /** @type {Set<string>} */
  #other = new Set();

  /** From now on what was there before counts as new. */
  takeAll() {
    this.#all = true;
    this.#before.clear();
  }

  stop() {
    this.#stopped = true;
  }

  /** @param {boolean} first */
  async #look(first = false) {
    let away = false;
    let known = !first;
    try {
      const found = await this.#files();
      if (this.#stopped) return;
      if (first && !this.#all) for (const file of found) this.#before.set(file.name, markOf(file));
      known = true;
      this.#settle(found);
    } catch {
      if (this.#stopped) return;
      away = true; // unplugged, or no longer permitted: it is looked for again
    }
    this.#tell({
      away,
      arriving: this.#arriving.size,
      before: this.#before.size,
      other: [...this.#other],
    });
    setTimeout(() => this.#stopped || void this.#look(!known), LOOK_AGAIN);
  }

  /** Pictures that lie there now. */
  async #files() {
    /** @type {File[]} */
    const found = [];
    for await (const [name, entry] of this.#folder.entries()) {
      if (entry.kind !== "file" || THEIR_OWN.test(name)) continue;
      if (!PICTURES.test(name)) {
        this.#other.add(name);
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
  #settle(found) {
    const now = performance.now();
    /** @type {File[]} */
    const whole = [];
    /** @type {Set<string>} */
    const there = new Set();
    for (const file of found) {
      const mark = markOf(file);
      there.add(file.name);
      if (same(this.#before.get(file.name), mark) || same(this.#taken.get(file.name), mark)) continue;
      this.#before.delete(file.name);
      const arriving = this.#arriving.get(file.name);
      if (!same(arriving, mark)) this.#arriving.set(file.name, { ...mark, since: now });
      else if (mark.size > 0 && arriving !== undefined && now - arriving.since >= QUIET) whole.push(file);
    }
    for (const name of this.#arriving.keys()) if (!there.has(name)) this.#arriving.delete(name);
    whole.sort((one, other) => one.lastModified - other.lastModified || (one.name < other.name ? -1 : 1));
    for (const file of whole) {
      this.#arriving.delete(file.name);
      this.#taken.set(file.name, markOf(file));
      this.#take(file);
    }
  }
}

/** @param {File} file @returns {Mark} */
const markOf = (file) => ({ size: file.size, modified: file.lastModified });
