// @ts-check
// A BagIt bag, strictly: which files there are, and the digests listed for them.
//
// Fixed tag files, SHA-256 only, plain names, lists sorted, nothing there that is not listed: so a bag has one spelling.
// It is not authenticated: an attacker who alters a file can alter the list. What makes a list worth anything is the signed
// statement that names it.
//
// Specification: docs/spec/court-package.md; RFC 8493.

import { MOST_FILES } from "./archives.js";
import { linesOf, sha256Hex, text, utf8 } from "../proof/bytes.js";
import { Malformed, NotProved } from "../proof/errors.js";
import { isPackagePath } from "./paths.js";

/** @import { PackageSource } from "./source.js" */

const BAGIT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const PAYLOAD_LIST = "manifest-sha256.txt";
const TAG_LIST = "tagmanifest-sha256.txt";
export const BAG_INFO = "bag-info.txt";
const TAG_FILES = Object.freeze(["README.txt", BAG_INFO, "bagit.txt", PAYLOAD_LIST]);
const LONGEST_LIST = 64 * 1024 * 1024;
const LINE = /^([0-9a-f]{64}) {2}(\S+)$/;
const INFO_LINE = /^([A-Za-z-]{1,64}): ([^\x00-\x1f\x7f]{1,1000})$/u;

/** A bag whose list and files are the same set. */
export class Bag {
  #source;

  /**
   * @param {PackageSource} source @param {Map<string, string>} payload path → SHA-256 as listed, not yet compared
   * @param {{bytes: number, files: number}} oxum as bag-info.txt says
   */
  constructor(source, payload, oxum) {
    this.#source = source;
    this.payload = payload;
    this.oxum = oxum;
  }

  /**
   * 1. Only plain names.
   * 2. The tag files are those there must be, and have the digests listed.
   * 3. Payload list and `data/` name the same files.
   *
   * @param {PackageSource} source @returns {Promise<Bag>} @throws {NotProved}
   */
  static async open(source) {
    const { sizes } = source;
    if (sizes.size > MOST_FILES) throw new Malformed(`more than ${MOST_FILES} files`); // 1
    for (const path of sizes.keys()) checkPath(path);
    for (const name of [...TAG_FILES, TAG_LIST]) { // 2
      if (!sizes.has(name)) throw new NotProved("incomplete", "the file is missing", name);
    }
    const tags = parseList(await readSmall(source, TAG_LIST, LONGEST_LIST), TAG_LIST);
    if ([...tags.keys()].join("\n") !== TAG_FILES.join("\n")) {
      throw new Malformed(`${TAG_LIST}: does not list exactly ${TAG_FILES.join(", ")}`);
    }
    const contents = await Promise.all(TAG_FILES.map((name) => readSmall(source, name, LONGEST_LIST)));
    for (const [i, name] of TAG_FILES.entries()) {
      if ((await sha256Hex(contents[i])) === tags.get(name)) continue;
      throw new NotProved("altered", `the file is not the one that ${TAG_LIST} lists`, name);
    }
    const [, info, bagit, list] = contents;
    if (text(bagit) !== BAGIT) throw new Malformed("bagit.txt: not that of BagIt 1.0 in UTF-8");
    const payload = parseList(list, PAYLOAD_LIST); // 3
    for (const path of payload.keys()) {
      if (!path.startsWith("data/")) throw new Malformed(`${PAYLOAD_LIST}: ${path} is not in data/`);
      if (!sizes.has(path)) throw new NotProved("incomplete", "a file that is listed is missing", path);
    }
    for (const path of sizes.keys()) {
      if (payload.has(path) || tags.has(path) || path === TAG_LIST) continue;
      throw new NotProved("altered", "there is a file that nobody listed", path);
    }
    return new Bag(source, payload, parseInfo(info));
  }

  /** Path → bytes, of every file. */
  get sizes() {
    return this.#source.sizes;
  }

  /** Some of a payload file. @type {PackageSource["read"]} */
  part(path, start, length, room) {
    return this.#source.read(path, start, length, room);
  }

  /**
   * The content of a payload file, compared with its listed digest.
   *
   * @param {string} path @param {number} limit bytes @returns {Promise<Bytes>} @throws {NotProved}
   */
  async read(path, limit) {
    const content = await readSmall(this.#source, path, limit);
    if ((await sha256Hex(content)) !== this.payload.get(path)) {
      throw new NotProved("altered", "the file is not the one that was listed", path);
    }
    return content;
  }
}

/**
 * SHA-256 of the lines of a payload that `included` lets through.
 *
 * @param {ReadonlyMap<string, string>} payload sorted @param {(path: string) => boolean} included
 */
export function listDigest(payload, included) {
  const lines = [...payload].filter(([path]) => included(path)).map(([path, digest]) => `${digest}  ${path}\n`);
  return sha256Hex(utf8(lines.join("")));
}

/** @param {string} path */
function checkPath(path) {
  if (isPackagePath(path)) return;
  const names = path.split("/");
  if (!names.every(isPackagePath)) {
    throw new NotProved("altered", "there is a file that nobody listed, with a name that cannot be", shown(path));
  }
  throw new Malformed(`${names.slice(0, -1).join("/")}: a folder that does not belong here`);
}

/** A name found on a disk, made safe to print. @param {string} path */
const shown = (path) => escaped(path, /[^\x20-\x7e]|\\/gu).slice(0, 200);

/** `text` with these letters spelled out, as Python spells them. @param {string} text @param {RegExp} letters */
export function escaped(text, letters) {
  const named = new Map([["\\", "\\\\"], ["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);
  const escape = (/** @type {string} */ letter) => {
    const name = named.get(letter);
    if (name) return name;
    const hex = Number(letter.codePointAt(0)).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  };
  return text.replace(letters, escape);
}

/** @param {PackageSource} source @param {string} path @param {number} limit */
async function readSmall(source, path, limit) {
  const size = source.sizes.get(path);
  if (size === undefined) throw new NotProved("incomplete", "the file is missing", path);
  if (size > limit) throw new Malformed(`longer than ${limit} bytes`, path);
  return source.read(path, 0, size);
}

/** @param {Bytes} bytes @param {string} name @returns {Map<string, string>} path → digest, sorted */
function parseList(bytes, name) {
  /** @type {Map<string, string>} */
  const digests = new Map();
  let last = "";
  for (const line of linesOf(bytes, `${name}:`)) {
    const [, digest = "", path = ""] = LINE.exec(line) ?? [];
    if (!isPackagePath(path)) throw new Malformed(`${name} line ${digests.size + 1}: not a SHA-256, two spaces and a plain path`);
    if (path <= last) throw new Malformed(`${name}: ${path} is there twice, or the paths are not sorted`);
    digests.set(path, digest);
    last = path;
  }
  return digests;
}

/** The Payload-Oxum. The other lines are for people, and prove nothing. @param {Bytes} bytes */
function parseInfo(bytes) {
  const lines = text(bytes).replace(/\n$/, "").split("\n").map((line) => INFO_LINE.exec(line));
  if (lines.includes(null)) throw new Malformed(`${BAG_INFO}: a line is not a label, a colon and a value`);
  const [oxum, ...others] = lines.filter((line) => line?.[1] === "Payload-Oxum");
  const match = /^([0-9]{1,18})\.([0-9]{1,9})$/.exec(oxum?.[2] ?? "");
  if (!match || others.length > 0) throw new Malformed(`${BAG_INFO}: not one Payload-Oxum of bytes and files`);
  return { bytes: Number(match[1]), files: Number(match[2]) };
}
