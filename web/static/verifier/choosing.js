// @ts-check
// What a person chose to have checked: a sealed file, or a folder, taken as people mean it. A person who chooses the
// stick instead of the folder on it, or drags the file to the page, means the package.
//
// Only the choice is made here; whether it is a package is for package/verify.js to say.

import { Malformed } from "../proof/errors.js";
import { LONGEST_POLICY, parsePolicy } from "../proof/ledger/policy.js";

/** @typedef {{kind: "sealed", name: string, size: number, file: File}} ChosenFile */
/** @typedef {{kind: "folder", name: string, size: number, files: File[]}} ChosenFolder */
/** @typedef {ChosenFile | ChosenFolder} Chosen */
/** @typedef {DataTransferItem & {getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>}} DroppedItem */

const SEALED = "amana/package/v1\n";
const SEALED_NAME = ".amana";
// A folder with neither is no package; one that has lost only one of them is an incomplete one.
const MARKS = Object.freeze(["bagit.txt", "manifest-sha256.txt"]);
const MOST_FILES = 200_000;

/** What was chosen cannot be what was meant. Says nothing about any testimony. */
export class Unfit extends Error {
  /** @param {"not-sealed" | "no-package" | "several" | "unreadable" | "drop" | "not-policy"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {File} file @param {number} most bytes @returns {Promise<Bytes>} @throws {Unfit} */
async function begin(file, most) {
  const content = await file.slice(0, most).arrayBuffer().catch(() => {
    throw new Unfit("unreadable");
  });
  return new Uint8Array(content);
}

/** @param {File} file @returns {Promise<ChosenFile>} @throws {Unfit} */
export async function chosenFile(file) {
  const begins = String.fromCharCode(...(await begin(file, SEALED.length)));
  // A copy that stopped at once is still that file; how much of it is missing is for opening it to say.
  const stopped = file.size < SEALED.length && file.name.toLowerCase().endsWith(SEALED_NAME) && SEALED.startsWith(begins);
  if (begins !== SEALED && !stopped) throw new Unfit("not-sealed");
  return { kind: "sealed", name: file.name, size: file.size, file };
}

/**
 * The court's own copy of a policy. One that is no policy at all would make every package a foreign one.
 *
 * @param {File} file @returns {Promise<File>} @throws {Unfit}
 */
export async function chosenPolicy(file) {
  const content = await begin(file, LONGEST_POLICY + 1);
  try {
    await parsePolicy(content);
  } catch (error) {
    if (error instanceof Malformed) throw new Unfit("not-policy");
    throw error;
  }
  return file;
}

/**
 * The package in a folder: the folder itself, the one folder in it that is one, or the one sealed file in it.
 *
 * @param {readonly File[]} files with their `webkitRelativePath` @returns {Promise<Chosen>} @throws {Unfit}
 */
export async function chosenFolder(files) {
  if (files.length > MOST_FILES) throw new Unfit("no-package");
  const places = new Set(files.map((file) => place(file)).filter((one) => one !== null));
  const nearest = [...places].reduce((least, one) => Math.min(least, depth(one)), Infinity);
  const [root, ...others] = [...places].filter((one) => depth(one) === nearest);
  if (root === undefined) return sealedIn(files);
  if (others.length > 0) throw new Unfit("several");
  const inside = files.filter((file) => file.webkitRelativePath.startsWith(`${root}/`));
  const name = root.slice(root.lastIndexOf("/") + 1);
  return {
    kind: "folder",
    name,
    size: inside.reduce((sum, file) => sum + file.size, 0),
    files: inside.map((file) => placed(file, `${name}${file.webkitRelativePath.slice(root.length)}`)),
  };
}

/** @param {string} path */
const depth = (path) => path.split("/").length;

/** The folder that this file marks as a package. @param {File} file @returns {string | null} */
function place({ webkitRelativePath: path }) {
  const end = path.lastIndexOf("/");
  return end > 0 && MARKS.includes(path.slice(end + 1)) ? path.slice(0, end) : null;
}

/** @param {readonly File[]} files @returns {Promise<ChosenFile>} */
async function sealedIn(files) {
  const [sealed, ...others] = files.filter((file) => file.name.toLowerCase().endsWith(SEALED_NAME));
  if (!sealed) throw new Unfit("no-package");
  if (others.length > 0) throw new Unfit("several");
  return chosenFile(sealed);
}

/** The file, with a path as if its package's folder had been chosen. @param {File} file @param {string} path */
function placed(file, path) {
  return Object.defineProperty(file, "webkitRelativePath", { value: path, configurable: true });
}

/**
 * What was dragged onto the page. Browsers show it only while the drop is being handled, so everything is asked for
 * before the first wait.
 *
 * Pages from the disk are treated in several ways: Chromium gives them a folder's files only by handles, Firefox has
 * no handles and gives them by entries.
 *
 * @param {DataTransfer} dropped @returns {Promise<Chosen>} @throws {Unfit}
 */
export async function chosenDrop(dropped) {
  const items = [...dropped.items].filter(({ kind }) => kind === "file");
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [single] = dropped.files;
  if (single && dropped.files.length === 1 && entries.every(({ isFile }) => isFile)) return chosenFile(single);
  const handles = items.map((item) => /** @type {DroppedItem} */ (item).getAsFileSystemHandle?.() ?? null);
  try {
    const found = await Promise.all(handles);
    const files = found.every((handle) => handle !== null) ? await inHandles(found) : await inEntries(entries);
    return await chosenFolder(files);
  } catch (error) {
    if (error instanceof DOMException) throw new Unfit("drop");
    throw error;
  }
}

/** @param {readonly FileSystemHandle[]} handles @returns {Promise<File[]>} every file in them, with its path */
async function inHandles(handles) {
  /** @type {File[]} */
  const found = [];
  /** @type {{handle: FileSystemHandle, path: string}[]} */
  const waiting = handles.map((handle) => ({ handle, path: handle.name }));
  for (let next = waiting.pop(); next && found.length <= MOST_FILES; next = waiting.pop()) {
    const { handle, path } = next;
    if (handle.kind === "file") {
      found.push(placed(await /** @type {FileSystemFileHandle} */ (handle).getFile(), path));
      continue;
    }
    for await (const inside of /** @type {FileSystemDirectoryHandle} */ (handle).values()) {
      waiting.push({ handle: inside, path: `${path}/${inside.name}` });
    }
  }
  return found;
}

/** @param {readonly FileSystemEntry[]} entries @returns {Promise<File[]>} every file in them, with its path */
async function inEntries(entries) {
  /** @type {File[]} */
  const found = [];
  const waiting = [...entries];
  for (let entry = waiting.pop(); entry && found.length <= MOST_FILES; entry = waiting.pop()) {
    if (entry.isFile) found.push(await fileOf(/** @type {FileSystemFileEntry} */ (entry)));
    else for (const child of await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry))) waiting.push(child);
  }
  return found;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
async function fileOf(entry) {
  /** @type {File} */
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  return placed(file, entry.fullPath.replace(/^\/+/, ""));
}

/** @param {FileSystemDirectoryEntry} entry @returns {Promise<FileSystemEntry[]>} */
async function childrenOf(entry) {
  const reader = entry.createReader();
  /** @type {FileSystemEntry[]} */
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} a part of them, until there are no more */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    found.push(...some);
  }
}
