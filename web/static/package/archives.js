// @ts-check
// An archive with one spelling: the files of a package, as ustar, and nothing in between.
//
// Tar has a thousand ways to say the same and some to say two things at once; here it has one. Files only, sorted by
// path, each header a function of path and size alone, padding of zeros, two blocks of zeros, the end. Each header is
// computed again and compared, so there is no room for a link, a name that leads out, a file given twice, or anything
// that is in the archive and belongs to no file.
//
// Trusts nothing. Specification: docs/spec/sealed-package.md; POSIX.1-1988 ustar; GNU tar's base-256 numbers.

import { equal, utf8 } from "../proof/bytes.js";
import { Malformed, NotProved } from "../proof/errors.js";
import { isPackagePath } from "./paths.js";

/** @typedef {{offset: number, size: number}} Entry a file's bytes in the archive */
/** @typedef {(offset: number, length: number) => Promise<Bytes>} ReadAt within the archive's size */

export const MOST_FILES = 100_000;

const BLOCK = 512;
const NAME_SIZE = 100;
const PREFIX_SIZE = 155;
const PREFIX_AT = 345;
const OCTAL_LIMIT = 8 ** 11;

/** The archive is not over where its bytes are. */
export class CutShort extends NotProved {
  /** @param {string} message */
  constructor(message) {
    super("malformed", message);
  }
}

/**
 * Where each file of the archive is, in order. Contents are not read.
 *
 * @param {ReadAt} read @param {number} total bytes of the archive
 * @returns {Promise<Map<string, Entry>>} @throws {Malformed | CutShort} and what `read` throws
 */
export async function readArchive(read, total) {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  let last = "";
  let padding = 0;
  for (let offset = 0; ; ) {
    if (offset + padding + BLOCK > total) throw new CutShort("the archive ends early");
    const between = await read(offset, padding + BLOCK);
    if (!zeros(between.subarray(0, padding))) throw new Malformed(`there is something behind a file, at byte ${offset} of the archive`);
    offset += between.length;
    const block = between.subarray(padding);
    if (zeros(block)) {
      if (total !== offset + BLOCK || !zeros(await read(offset, BLOCK))) {
        throw new Malformed("the archive does not end with two empty blocks");
      }
      return entries;
    }
    const { path, size } = parseHeader(block, offset - BLOCK);
    if (size > total - offset) throw new CutShort(`${path}: longer than the archive`);
    if (path <= last) throw new Malformed(`${path}: there twice in the archive, or the files are not sorted`);
    if (parents(path).some((parent) => entries.has(parent))) throw new Malformed(`${path}: lies in something that is a file itself`);
    if (entries.size >= MOST_FILES) throw new Malformed(`more than ${MOST_FILES} files in the archive`);
    entries.set(path, { offset, size });
    last = path;
    padding = (BLOCK - (size % BLOCK)) % BLOCK;
    offset += size;
  }
}

/** The 512 bytes before a file's content. @param {string} path @param {number} size @returns {Bytes} @throws {Malformed} */
export function archiveHeader(path, size) {
  if (!isPackagePath(path)) throw new Malformed("not the path of a file in a package");
  const cut = path.length <= NAME_SIZE ? -1 : path.lastIndexOf("/");
  const [prefix, name] = [path.slice(0, Math.max(cut, 0)), path.slice(cut + 1)];
  if (name.length > NAME_SIZE || prefix.length > PREFIX_SIZE) throw new Malformed("a path that is too long for an archive");
  const block = new Uint8Array(BLOCK);
  const put = (/** @type {number} */ at, /** @type {string} */ ascii) => block.set(utf8(ascii), at);
  put(0, name);
  put(100, "0000644\0" + "0000000\0" + "0000000\0"); // mode, owner, group
  block.set(sizeField(size), 124);
  put(136, "00000000000\0" + "        0"); // time; the checksum counts its own eight bytes as spaces; type: a file
  put(257, "ustar\0" + "00");
  put(PREFIX_AT, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** Path and size; then the only header for those is compared with this one. @param {Bytes} block @param {number} at */
function parseHeader(block, at) {
  const name = ascii(block.subarray(0, NAME_SIZE));
  const prefix = ascii(block.subarray(PREFIX_AT, PREFIX_AT + PREFIX_SIZE));
  const path = prefix ? `${prefix}/${name}` : name;
  const size = parseSize(block.subarray(124, 136));
  if (size === null || !equal(archiveHeader(path, size), block)) {
    throw new Malformed(`the entry at byte ${at} of the archive is not in its only form`);
  }
  return { path, size };
}

/** @param {number} size */
function sizeField(size) {
  if (size < OCTAL_LIMIT) return utf8(`${size.toString(8).padStart(11, "0")}\0`);
  const field = new Uint8Array(12);
  field[0] = 0x80;
  new DataView(field.buffer).setBigUint64(4, BigInt(size));
  return field;
}

/** @param {Bytes} field @returns {number | null} null where it is no number, or one too large to count with */
function parseSize(field) {
  if (field[0] !== 0x80) {
    const digits = ascii(field);
    return /^[0-7]{11}$/.test(digits) ? parseInt(digits, 8) : null;
  }
  const size = Number(new DataView(field.buffer, field.byteOffset).getBigUint64(4));
  return Number.isSafeInteger(size) ? size : null;
}

/** @param {Bytes} field its bytes before the zeros at its end */
function ascii(field) {
  return String.fromCharCode(...field).replace(/\0+$/, "");
}

/** @param {Bytes} bytes */
function zeros(bytes) {
  return bytes.every((byte) => byte === 0);
}

/** @param {string} path @returns {string[]} the folders it is in */
function parents(path) {
  const names = path.split("/");
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join("/"));
}
