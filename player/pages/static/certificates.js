// @ts-check
// Certificates (X.509), read as far as chains of timestamp authorities need it.
//
// Of all that X.509 allows, little is taken: RSA of 2048 to 8192 bits with PKCS #1 v1.5, ECDSA on P-256 and
// P-384, SHA-256, -384 and -512. What else a certificate may hold is noted as such, for certificate_chains.js
// to refuse where it matters.
//
// Trusts nothing. Throws only Malformed. Specification: docs/spec/time.md; RFC 5280 section 4.

import { equal } from "./bytes.js";
import { BIT_STRING, BOOLEAN, INTEGER, OID, Reader, SEQUENCE, context } from "./der.js";
import { Malformed } from "./errors.js";
import { RSA, SIGNATURES, algorithm } from "./tokens.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./tokens.js").Signing} Signing */

/**
 * A public key: `spki` is its SubjectPublicKeyInfo, `size` the bytes of a number of its curve.
 *
 * @typedef {{kind: "rsa", spki: Bytes} | {kind: "ec", spki: Bytes, curve: "P-256" | "P-384", size: number}} Key
 */

/**
 * What a certificate says; times in microseconds since 1970, names in DER; `key` null where its kind is not
 * taken. Of its extensions: `authority` (whether it may issue, and how far down), `usage` (the first byte of its
 * key usage), `purposes` (and whether they are critical), each null where it is not there.
 *
 * @typedef {{der: Bytes, tbs: Bytes, serial: bigint, issuer: Bytes, subject: Bytes, begin: number, end: number,
 *   key: Key | null, signing: Signing | null, signature: Bytes,
 *   authority: {ca: boolean, pathLength: bigint | null} | null, usage: number | null,
 *   purposes: {critical: boolean, of: string[]} | null, unknown: boolean}} Certificate
 */

const WHAT = "certificate";
const MODULUS = { least: 2048, most: 8192 }; // bits

const EC = "1.2.840.10045.2.1";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const PURPOSES = "2.5.29.37";
const NAME_CONSTRAINTS = "2.5.29.30";
/** Critical extensions that are looked at, or change nothing here (policies, other names). */
const HANDLED = new Set([BASIC_CONSTRAINTS, KEY_USAGE, PURPOSES, "2.5.29.32", "2.5.29.17"]);

/** @type {Readonly<Record<string, {curve: "P-256" | "P-384", size: number}>>} */
const CURVES = {
  "1.2.840.10045.3.1.7": { curve: "P-256", size: 32 },
  "1.3.132.0.34": { curve: "P-384", size: 48 },
};

/** @param {Bytes} der @returns {Certificate} @throws {Malformed} also for versions before 3 */
export function parseCertificate(der) {
  const outer = new Reader(der, WHAT);
  const whole = outer.inside(SEQUENCE);
  outer.end();
  const tbs = whole.take(SEQUENCE);
  const outerAlgorithm = whole.take(SEQUENCE).whole;
  const signature = bits(whole);
  whole.end();
  const reader = new Reader(tbs.content, WHAT);
  if (reader.inside(context(0)).integer() !== 2n) throw reader.malformed("not of version 3");
  const serial = reader.integer();
  if (serial <= 0n) throw reader.malformed("a serial number that is not positive");
  if (!equal(reader.take(SEQUENCE).whole, outerAlgorithm)) {
    throw reader.malformed("two answers to how it was signed");
  }
  const issuer = reader.take(SEQUENCE).whole;
  const validity = reader.inside(SEQUENCE);
  const [begin, end] = [validity.certificateTime(), validity.certificateTime()];
  validity.end();
  const subject = reader.take(SEQUENCE).whole;
  const spki = reader.take(SEQUENCE).whole;
  for (const number of [1, 2]) {
    if (reader.nextIs(context(number, false))) reader.take(); // unique identifiers, out of use
  }
  const said = extensions(reader.nextIs(context(3)) ? reader.inside(context(3)) : null);
  reader.end();
  return {
    der,
    tbs: tbs.whole,
    serial,
    issuer,
    subject,
    begin,
    end,
    key: keyOf(spki),
    signing: signingOf(outerAlgorithm),
    signature,
    ...said,
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

/** @param {Reader | null} explicit */
function extensions(explicit) {
  /** @type {Pick<Certificate, "authority" | "usage" | "purposes" | "unknown">} */
  const said = { authority: null, usage: null, purposes: null, unknown: false };
  if (!explicit) return said;
  const seen = new Set();
  const list = explicit.inside(SEQUENCE);
  explicit.end();
  for (const one of list.rest()) {
    const reader = new Reader(one.whole, WHAT).inside(SEQUENCE);
    const name = reader.oid();
    const critical = reader.nextIs(BOOLEAN) ? reader.boolean() : false;
    const value = new Reader(reader.octets(), WHAT);
    reader.end();
    if (seen.has(name)) throw reader.malformed("an extension twice");
    seen.add(name);
    if (name === BASIC_CONSTRAINTS) said.authority = authorityOf(value);
    if (name === KEY_USAGE) said.usage = usageOf(value);
    if (name === PURPOSES) said.purposes = { critical, of: purposesOf(value) };
    if (name === NAME_CONSTRAINTS || (critical && !HANDLED.has(name))) said.unknown = true;
  }
  return said;
}

/** @param {Reader} whole */
function authorityOf(whole) {
  const reader = whole.inside(SEQUENCE);
  whole.end();
  const ca = reader.nextIs(BOOLEAN) ? reader.boolean() : false;
  const pathLength = reader.nextIs(INTEGER) ? reader.integer() : null;
  reader.end();
  return { ca, pathLength };
}

/** @param {Reader} whole */
function usageOf(whole) {
  const [unused, first] = whole.take(BIT_STRING).content;
  whole.end();
  if (unused === undefined) throw whole.malformed("a key usage without bits");
  return first ?? 0;
}

/** @param {Reader} whole */
function purposesOf(whole) {
  const reader = whole.inside(SEQUENCE);
  whole.end();
  return reader.rest().map((one) => {
    if (one.tag !== OID) throw reader.malformed("a purpose that is no object identifier");
    return new Reader(one.whole, WHAT).oid();
  });
}

/** A BIT STRING of whole bytes. @param {Reader} reader @returns {Bytes} */
function bits(reader) {
  const { content } = reader.take(BIT_STRING);
  if (content[0] !== 0) throw reader.malformed("bits that are not whole bytes");
  return content.subarray(1);
}

/** @param {Bytes} spki @returns {Key | null} */
function keyOf(spki) {
  const reader = new Reader(spki, WHAT).inside(SEQUENCE);
  const kind = reader.inside(SEQUENCE);
  const name = kind.oid();
  if (name !== RSA && name !== EC) return null;
  const parameters = kind.take().whole;
  kind.end();
  const key = bits(reader);
  reader.end();
  if (name === EC) {
    if (parameters[0] !== OID) return null;
    const curve = CURVES[new Reader(parameters, WHAT).oid()];
    // Points are taken uncompressed, as everybody writes them.
    if (!curve || key.length !== 1 + 2 * curve.size || key[0] !== 0x04) return null;
    return { kind: "ec", spki, ...curve };
  }
  const numbers = new Reader(key, WHAT).inside(SEQUENCE);
  const modulus = numbers.integerBytes(INTEGER, MODULUS.most / 8 + 1);
  numbers.integer();
  numbers.end();
  const first = modulus.findIndex((byte) => byte !== 0);
  const length = 8 * (modulus.length - first) - Math.clz32(modulus[first] ?? 0) + 24;
  if ((modulus[0] ?? 0) >= 0x80 || length < MODULUS.least || length > MODULUS.most) return null;
  return { kind: "rsa", spki };
}

/** @param {Bytes} bytes an AlgorithmIdentifier @returns {Signing | null} null where it is not taken */
function signingOf(bytes) {
  try {
    return algorithm(new Reader(bytes, WHAT), SIGNATURES);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}
