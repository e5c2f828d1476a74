// @ts-check
// A reader for DER, strict: one value has one encoding, and anything else is refused.
//
// Only what timestamps and their certificates need: tags of one byte, definite lengths in their shortest form,
// and the few types that occur. There is no tree and no recursion; the caller says what must come next.
//
// Trusts nothing. Throws only Malformed. Specification: docs/spec/time.md section 8; ITU-T X.690 (DER),
// sections 8, 10 and 11.

import { concat, text, toHex } from "./bytes.js";
import { Malformed } from "./errors.js";

/**
 * One value: its tag, its content, and all its bytes with tag and length.
 *
 * @typedef {{tag: number, content: Bytes, whole: Bytes}} Element
 */

const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
export const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

export const MAX_LENGTH = 2 ** 24 - 1;
const MAX_INTEGER = 32; // bytes, unless its reader gives another limit
// Of a token's time: in microseconds since 1970 they are exact in every language, with the largest accuracy, too.
const YEARS = { first: 1970, last: 2149 };
const FIRST_YEAR = 1950; // that a certificate can name, in either type of time

/** The tag [number] of a context, such as [0]. @param {number} number @param {boolean} [constructed] */
export function context(number, constructed = true) {
  return (constructed ? 0xa0 : 0x80) | number;
}

/** @param {Bytes} a @param {Bytes} b @returns {number} below 0 where `a` comes first, as bytes */
function compare(a, b) {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i += 1) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}

/** The encoding of one value. @param {number} tag @param {Bytes} content @returns {Bytes} */
export function encoded(tag, content) {
  const octets = [];
  for (let left = content.length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | octets.length, ...octets];
  return concat(Uint8Array.of(tag, ...length), content);
}

/** Bytes as one number without a sign. @param {Bytes} bytes @returns {bigint} */
export function numberOf(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** Each byte as one character, so that no byte is taken for another. @param {Bytes} bytes */
function characters(bytes) {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A reader of the one SEQUENCE that all of `data` must be. @param {Bytes} data @param {string} what names it in errors */
export function sequence(data, what) {
  const outer = new Reader(data, what);
  const reader = outer.inside(SEQUENCE);
  outer.end();
  return reader;
}

/** Reads one value after another. */
export class Reader {
  #data;
  #what;
  #at = 0;

  /** @param {Bytes} data @param {string} what names it in errors */
  constructor(data, what) {
    this.#data = data;
    this.#what = what;
  }

  /** Whether there is more. */
  get more() {
    return this.#at < this.#data.length;
  }

  /** Whether the next value has this tag. @param {number} tag */
  nextIs(tag) {
    return this.#data[this.#at] === tag;
  }

  /** The next value, which must be there and have this tag, if one is given. @param {number} [tag] @returns {Element} */
  take(tag) {
    const start = this.#at;
    const found = this.#data[start];
    if (found === undefined || start + 2 > this.#data.length) throw this.malformed("ends too early");
    if ((found & 0x1f) === 0x1f) throw this.malformed("a tag of more than one byte");
    if (tag !== undefined && found !== tag) {
      throw this.malformed(`tag 0x${found.toString(16).padStart(2, "0")} where another must be`);
    }
    const [content, length] = this.#length(start + 1);
    this.#at = content + length;
    if (this.#data.length < this.#at) throw this.malformed("ends too early");
    return {
      tag: found,
      content: this.#data.subarray(content, this.#at),
      whole: this.#data.subarray(start, this.#at),
    };
  }

  /** A reader of the content of the next value, which must have this tag. @param {number} tag */
  inside(tag) {
    return new Reader(this.take(tag).content, this.#what);
  }

  /** @throws {Malformed} if anything is left */
  end() {
    if (this.more) throw this.malformed("something lies behind what must be there");
  }

  /** All values that are left. @returns {Element[]} */
  rest() {
    const found = [];
    while (this.more) found.push(this.take());
    return found;
  }

  /** The members of the next value, a SET OF: in ascending order of their bytes, none twice. @param {number} [tag] */
  setOf(tag = SET) {
    const members = this.inside(tag).rest();
    for (let i = 1; i < members.length; i += 1) {
      const [before, after] = /** @type {[Element, Element]} */ ([members[i - 1], members[i]]);
      if (compare(before.whole, after.whole) >= 0) throw this.malformed("a set that is not in order");
    }
    return members;
  }

  /** The next value, a whole number of at most `most` bytes, as its bytes. @param {number} [tag] @param {number} [most] */
  integerBytes(tag = INTEGER, most = MAX_INTEGER) {
    const { content } = this.take(tag);
    const [first, second] = content;
    if (first === undefined || content.length > most) {
      throw this.malformed("a number without digits, or with too many");
    }
    if (second !== undefined && (first === 0x00 || first === 0xff) && first >> 7 === second >> 7) {
      throw this.malformed("a number that is not written in the shortest way");
    }
    return content;
  }

  /** The next value, a whole number. @param {number} [tag] @param {number} [most] @returns {bigint} */
  integer(tag, most) {
    const bytes = this.integerBytes(tag, most);
    return BigInt.asIntN(8 * bytes.length, numberOf(bytes));
  }

  /** An optional BOOLEAN DEFAULT FALSE: DER writes it only where it is true, as FF. */
  defaultFalse() {
    if (!this.nextIs(BOOLEAN)) return false;
    const { content } = this.take();
    if (content.length !== 1 || content[0] !== 0xff) {
      throw this.malformed("a default that is written out, or a truth that is not FF");
    }
    return true;
  }

  /** The next value, an OCTET STRING. */
  octets() {
    return this.take(OCTET_STRING).content;
  }

  /** The next value, a BIT STRING of whole bytes. @returns {Bytes} */
  bits() {
    const { content } = this.take(BIT_STRING);
    if (content[0] !== 0) throw this.malformed("bits that are not whole bytes");
    return content.subarray(1);
  }

  /** The next value, a string of one of the three types that are accepted. @returns {string} */
  text() {
    const { tag, content } = this.take();
    if (tag === UTF8_STRING) return text(content);
    const ascii = content.every((byte) => byte < 0x80) ? text(content) : null;
    if (ascii !== null && tag === IA5_STRING) return ascii;
    if (ascii !== null && tag === PRINTABLE_STRING && /^[A-Za-z0-9 '()+,./:=?-]*$/.test(ascii)) return ascii;
    throw this.malformed("a string of a type that is not accepted, or beyond its alphabet");
  }

  /** The next value, an object identifier, as numbers with dots. @returns {string} */
  oid() {
    const { content } = this.take(OID);
    const last = content[content.length - 1];
    if (last === undefined || content.length > 64 || last & 0x80) {
      throw this.malformed("an object identifier that does not end");
    }
    /** @type {bigint[]} */
    const arcs = [];
    let arc = 0n;
    let fresh = true;
    for (const byte of content) {
      if (fresh && byte === 0x80) {
        throw this.malformed("an object identifier that is not written in the shortest way");
      }
      arc = (arc << 7n) | BigInt(byte & 0x7f);
      fresh = !(byte & 0x80);
      if (fresh) {
        arcs.push(arc);
        arc = 0n;
      }
    }
    const [both, ...others] = arcs;
    const first = both < 80n ? both / 40n : 2n;
    return [first, both - 40n * first, ...others].join(".");
  }

  /** The next value, a token's time: a GeneralizedTime in UTC. @returns {number} microseconds since 1970 */
  time() {
    const match = /^([0-9]{14})(?:\.([0-9]{0,5}[1-9]))?Z$/.exec(characters(this.take(GENERALIZED_TIME).content));
    if (!match) throw this.malformed("not a time like 20261124201503.12Z");
    const [, second = "", fraction = ""] = match;
    const micros = this.#second(second) + Number(fraction.padEnd(6, "0"));
    const year = Number(second.slice(0, 4));
    if (year < YEARS.first || year > YEARS.last) {
      throw this.malformed(`a time before ${YEARS.first} or after ${YEARS.last}`);
    }
    return micros;
  }

  /** The next value, a certificate's time: a UTCTime, or a GeneralizedTime, to the second. @returns {number} as `time` */
  certificateTime() {
    const { tag, content } = this.take();
    const written = characters(content);
    if (tag === UTC_TIME && /^[0-9]{12}Z$/.test(written)) {
      return this.#second((written < "50" ? "20" : "19") + written.slice(0, 12));
    }
    const generalized = tag === GENERALIZED_TIME && /^[0-9]{14}Z$/.test(written);
    if (generalized && Number(written.slice(0, 4)) >= FIRST_YEAR) return this.#second(written.slice(0, 14));
    throw this.malformed("not a time of a certificate");
  }

  /** @param {string} why follows the name of what is read */
  malformed(why) {
    return new Malformed(`${this.#what}: ${why}`);
  }

  /** @param {string} digits YYYYMMDDhhmmss @returns {number} microseconds since 1970 */
  #second(digits) {
    const [, year, ...parts] = /** @type {RegExpExecArray} */ (/^(....)(..)(..)(..)(..)(..)$/.exec(digits));
    const [month, day, hour, minute, second] = parts;
    const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
    const when = new Date(iso);
    // The calendar corrects what does not exist; writing it again shows that.
    if (year === "0000" || Number.isNaN(when.getTime()) || when.toISOString() !== iso) {
      throw this.malformed("no such time");
    }
    return when.getTime() * 1000;
  }

  /** @param {number} at @returns {[number, number]} where the content begins, and its length */
  #length(at) {
    const first = this.#data[at];
    if (first < 0x80) return [at + 1, first];
    const octets = this.#data.subarray(at + 1, at + 1 + (first & 0x7f));
    // An indefinite length (0x80) has no octets. More than four would not be a number that fits.
    const fits = octets.length === (first & 0x7f) && octets.length > 0 && octets.length <= 4 && octets[0] !== 0;
    const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    if (!fits || length < 0x80 || length > MAX_LENGTH) {
      throw this.malformed("a length that is not written in the shortest way, or is too large");
    }
    return [at + 1 + octets.length, length];
  }
}
