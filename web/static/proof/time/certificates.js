// @ts-check
// Certificates (X.509): the one form in which an authority's certificate is accepted.
//
// Everything that a chain needs is read here from the bytes, and the browser reads none of them again but the key:
// libraries differ about strings, defaults, parameters and times, and a verdict must not depend on which one a
// verifier uses.
//
// What concerns only certificates in a chain (keys and algorithms that are not accepted, conditions that are not
// known) is noted and left to chains.js: authorities also send certificates that no chain needs.
//
// Trusts nothing. Throws only Malformed. Specification: docs/spec/time.md section 8; RFC 5280 section 4.

import { equal, toHex } from "../bytes.js";
import { BIT_STRING, INTEGER, Reader, SEQUENCE, context, sequence } from "../der.js";
import { SIGNATURES, parseKey } from "../public_keys.js";

/** @typedef {Map<string, {critical: boolean, value: Bytes}>} Extensions by object identifier */

/**
 * What a certificate says; nothing of it is proved. Times in microseconds since 1970, names in DER; `key` and
 * `signing` null where they are foreign. Of its extensions: `authority` (whether it may issue, and how far down),
 * `usage` (the first byte of its key usage), `purposes` (and whether they are critical), each null where it is not
 * there; `unknown`: it has a condition that nothing here can check.
 *
 * @typedef {{der: Bytes, tbs: Bytes, serial: bigint, issuer: Bytes, subject: Bytes, begin: number, end: number,
 *   key: import("../public_keys.js").Key | null, signing: import("../public_keys.js").Signing | null,
 *   signature: Bytes, authority: {ca: boolean, pathLength: bigint | null} | null, usage: number | null,
 *   purposes: {critical: boolean, of: string[]} | null, unknown: boolean}} Certificate
 */

const WHAT = "certificate";
const MAX_SERIAL = 20; // bytes

const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const PURPOSES = "2.5.29.37";
const NAME_CONSTRAINTS = "2.5.29.30";
/** Critical extensions that are looked at, or change nothing here (policies, other names). */
const HANDLED = new Set([BASIC_CONSTRAINTS, KEY_USAGE, PURPOSES, "2.5.29.32", "2.5.29.17"]);

/** @param {Bytes} der @returns {Certificate} @throws {Malformed} */
export function parseCertificate(der) {
  const whole = sequence(der, WHAT);
  const tbs = whole.take(SEQUENCE);
  const algorithm = whole.take(SEQUENCE).whole;
  const signature = whole.bits();
  whole.end();
  const reader = new Reader(tbs.content, WHAT);
  const version = reader.inside(context(0));
  if (version.integer() !== 2n) throw version.malformed("not of version 3");
  version.end();
  const serial = readSerial(reader);
  if (!equal(reader.take(SEQUENCE).whole, algorithm)) {
    throw reader.malformed("two statements of how it was signed");
  }
  const issuer = readName(reader);
  const validity = reader.inside(SEQUENCE);
  const [begin, end] = [validity.certificateTime(), validity.certificateTime()];
  validity.end();
  const subject = readName(reader);
  const spki = reader.take(SEQUENCE).whole;
  /** @type {Extensions} */
  let extensions = new Map();
  if (reader.nextIs(context(3))) {
    const explicit = reader.inside(context(3));
    extensions = readExtensions(explicit.inside(SEQUENCE));
    explicit.end();
  }
  reader.end(); // the unique identifiers of version 2, which would come before the extensions, are refused
  const unknown = [...extensions].some(([name, { critical }]) => critical && !HANDLED.has(name));
  return {
    der,
    tbs: tbs.whole,
    serial,
    issuer,
    subject,
    begin,
    end,
    key: parseKey(spki),
    signing: SIGNATURES.get(toHex(algorithm)) ?? null,
    signature,
    authority: authorityOf(extensions.get(BASIC_CONSTRAINTS)?.value),
    usage: usageOf(extensions.get(KEY_USAGE)?.value),
    purposes: purposesOf(extensions.get(PURPOSES)),
    unknown: unknown || extensions.has(NAME_CONSTRAINTS),
  };
}

/** The bits of a certificate's public key, whatever else it says. @param {Bytes} der @returns {Bytes} @throws {Malformed} */
export function publicKeyOf(der) {
  const tbs = new Reader(der, WHAT).inside(SEQUENCE).inside(SEQUENCE);
  tbs.take(context(0)); // version; then serial number, algorithm, issuer, validity, subject
  for (let before = 0; before < 5; before += 1) tbs.take();
  const key = tbs.inside(SEQUENCE);
  key.take(SEQUENCE);
  return key.take(BIT_STRING).content;
}

/** The next value, a certificate's serial number. @param {Reader} reader @returns {bigint} */
export function readSerial(reader) {
  const serial = reader.integer(INTEGER, MAX_SERIAL);
  if (serial <= 0n) throw reader.malformed("a serial number that is not positive");
  return serial;
}

/**
 * The encoding of the next value, a name, whose parts are checked. Names are compared byte for byte and shown
 * nowhere, so nothing else is made of them.
 *
 * @param {Reader} reader @returns {Bytes}
 */
export function readName(reader) {
  const whole = reader.take(SEQUENCE);
  const parts = new Reader(whole.content, WHAT);
  if (!parts.more) throw reader.malformed("an empty name");
  while (parts.more) {
    const members = parts.setOf();
    if (members.length === 0) throw reader.malformed("an empty part of a name");
    for (const member of members) {
      const attribute = new Reader(member.whole, WHAT).inside(SEQUENCE);
      attribute.oid();
      if (attribute.text() === "") throw reader.malformed("an empty string in a name");
      attribute.end();
    }
  }
  return whole.whole;
}

/** All that is left: extensions. @param {Reader} reader @returns {Extensions} */
export function readExtensions(reader) {
  /** @type {Extensions} */
  const found = new Map();
  while (reader.more) {
    const extension = reader.inside(SEQUENCE);
    const name = extension.oid();
    const critical = extension.defaultFalse();
    const value = extension.octets();
    extension.end();
    if (found.has(name)) throw reader.malformed("an extension twice");
    found.set(name, { critical, value });
  }
  if (found.size === 0) throw reader.malformed("an empty list of extensions");
  return found;
}

/** @param {Bytes | undefined} value */
function authorityOf(value) {
  if (!value) return null;
  const reader = sequence(value, WHAT);
  const ca = reader.defaultFalse();
  const pathLength = reader.nextIs(INTEGER) ? reader.integer() : null;
  reader.end();
  if (pathLength !== null && (pathLength < 0n || !ca)) {
    throw reader.malformed("a path length that is negative, or of one that issues nothing");
  }
  return { ca, pathLength };
}

/** @param {Bytes | undefined} value */
function usageOf(value) {
  if (!value) return null;
  const reader = new Reader(value, WHAT);
  const [unused = 0, first = 0, second, ...others] = reader.take(BIT_STRING).content;
  reader.end();
  // Nine bits have names. The list ends with the last that is set (X.690 section 11.2.2), and one is.
  const last = second ?? first;
  const shortest = last > 0 && unused < 8 && (last & -last) === 1 << unused;
  if (!shortest || (second !== undefined && second !== 0x80) || others.length > 0) {
    throw reader.malformed("a key usage that is not written in the shortest way");
  }
  return first;
}

/** @param {{critical: boolean, value: Bytes} | undefined} extension */
function purposesOf(extension) {
  if (!extension) return null;
  const reader = sequence(extension.value, WHAT);
  const of = [reader.oid()];
  while (reader.more) of.push(reader.oid());
  return { critical: extension.critical, of };
}
