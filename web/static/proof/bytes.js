// @ts-check
// Bytes and the spellings in which they travel: lower-case hexadecimal, standard base64, UTF-8.
//
// Every spelling has exactly one form (parsing and writing again gives the same text); any other
// form of the same bytes is refused, so that a digest over a text is a digest over its meaning.

import { Malformed, NotProved } from "./errors.js";

/** @import { Room } from "./buffers.js" */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text @returns {Bytes} */
export function utf8(text) {
  return /** @type {Bytes} */ (encoder.encode(text));
}

/** @param {BufferSource} bytes @returns {string} @throws {Malformed} where it is not UTF-8 */
export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed("not valid UTF-8");
  }
}

/** The lines of a file, each of which ends. @param {Bytes} bytes @param {string} what names it in the error @throws {Malformed} */
export function linesOf(bytes, what) {
  const whole = text(bytes);
  if (!whole.endsWith("\n")) throw new Malformed(`${what} does not end with a complete line`);
  return whole.slice(0, -1).split("\n");
}

/** @param {Bytes} bytes */
export function toHex(bytes) {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/** @param {unknown} hex @param {number} length in bytes @returns {Bytes} */
export function fromHex(hex, length) {
  if (typeof hex !== "string" || hex.length !== 2 * length || !/^[0-9a-f]*$/.test(hex)) {
    throw new Malformed(`not ${length} bytes in lower-case hexadecimal`);
  }
  return Uint8Array.from({ length }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** @param {Bytes} bytes */
export function toBase64(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary);
}

/** Standard base64 with padding (RFC 4648 section 4). @param {unknown} base64 @returns {Bytes} */
export function fromBase64(base64) {
  // atob forgives white space, missing padding and stray bits at the end; the comparison does not.
  let binary;
  try {
    binary = atob(/** @type {string} */ (base64));
  } catch {
    throw new Malformed("not standard base64");
  }
  if (typeof base64 !== "string" || btoa(binary) !== base64) throw new Malformed("not standard base64");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {Bytes[]} parts @returns {Bytes} */
export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** All compared values are public digests, so comparing may stop early. @param {Bytes} a @param {Bytes} b */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** @param {BufferSource} bytes @returns {Promise<Bytes>} 32 bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** @param {BufferSource} bytes @returns {Promise<Bytes>} 64 bytes */
export async function sha512(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
}

/** @param {BufferSource} bytes @returns {Promise<string>} 64 hexadecimal digits */
export async function sha256Hex(bytes) {
  return toHex(await sha256(bytes));
}

/**
 * @param {Blob} blob @param {number} start @param {number} length @param {string} where for the error
 * @param {Room | null} [room] to read into
 * @returns {Promise<Bytes>} exactly `length` bytes @throws {NotProved} "incomplete"
 */
export async function bytesOf(blob, start, length, where, room = null) {
  const part = blob.slice(start, start + length);
  let bytes;
  try {
    bytes = room ? await readInto(room, part) : new Uint8Array(await part.arrayBuffer());
  } catch (error) {
    // The stick was taken out, or the file has changed since it was chosen.
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    throw new NotProved("incomplete", "a file cannot be read", where);
  }
  if (bytes.length !== length) throw new NotProved("incomplete", "a file ends before it should", where);
  return bytes;
}

// Chromium throws a stream away that nothing but its own unfinished reading refers to, and the reading never ends.
/** @type {Set<unknown>} */
const held = new Set();

/** @param {Blob} part @returns {ReadableStreamBYOBReader | null} null where the browser has no such reader */
function byteReader(part) {
  try {
    return part.stream().getReader({ mode: "byob" });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}

/** @param {Room} room @param {Blob} part @returns {Promise<Bytes>} */
async function readInto(room, part) {
  const reader = byteReader(part);
  if (!reader) return new Uint8Array(await part.arrayBuffer());
  let buffer = room.take("read", part.size);
  let at = 0;
  held.add(reader);
  try {
    while (at < part.size) {
      const { value, done } = await reader.read(new Uint8Array(buffer, at, part.size - at));
      if (value) buffer = value.buffer; // the memory went to the browser and came back under another name
      if (done || !value) break;
      at += value.length;
    }
  } finally {
    held.delete(reader);
  }
  room.keep("read", buffer);
  return new Uint8Array(buffer, 0, at);
}
