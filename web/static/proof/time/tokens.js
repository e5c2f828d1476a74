// @ts-check
// The form of a timestamp: what a TimeStampResp of RFC 3161 must hold, read strictly.
//
// An authority's answer is a status and a CMS SignedData around a TSTInfo, which says: this digest was there
// at this time. Here only form is read; timestamps.js proves it. Of the many shapes that CMS allows, one is
// taken: one signer, named by issuer and serial number, whose signed attributes name the kind of content, its
// digest and the signer's certificate.
//
// Trusts nothing. Throws only Malformed. Specification: docs/spec/time.md section 8; RFC 3161; RFC 5652; RFC 2634
// section 5.4 and RFC 5816.

import { concat, equal, toHex } from "../bytes.js";
import { readExtensions, readName, readSerial } from "./certificates.js";
import { INTEGER, Reader, SEQUENCE, SET, UTF8_STRING, context, encoded, sequence } from "../der.js";
import { Malformed } from "../errors.js";
import { DEFAULT_HASH, HASHES, RSA, SIGNATURES } from "../public_keys.js";

/** @import { Element } from "../der.js" */
/** @import { Hash, Signing } from "../public_keys.js" */

/**
 * What the authority says. `micros`: its time, in microseconds since 1970; `accuracy` in microseconds, null
 * where it states none; `imprint`: digest of the data by `hash`.
 *
 * @typedef {{hash: Hash, imprint: Bytes, serial: bigint, micros: number, accuracy: number | null}} TstInfo
 */

/**
 * Who signed what. `issuer` (DER of a name) and `serialNumber` name the certificate, `certificateDigests` must
 * be its digests; `signed` are the bytes that `signature` is over.
 *
 * @typedef {{issuer: Bytes, serialNumber: bigint, signing: Signing, messageDigest: Bytes,
 *   certificateDigests: {hash: Hash, digest: Bytes}[], signed: Bytes, signature: Bytes}} Signer
 */

/**
 * A well-formed response; nothing in it is proved. `content`: the bytes of the TSTInfo.
 *
 * @typedef {{info: TstInfo, signer: Signer, content: Bytes, certificates: Bytes[]}} Response
 */

const WHAT = "timestamp";
const MAX_RESPONSE = 65_536;
const MAX_CERTIFICATES = 8;
const MAX_ACCURACY = 2n ** 31n - 1n; // seconds

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

/** @param {Bytes} data a TimeStampResp @returns {Response} @throws {Malformed} also where the authority refused */
export function parseResponse(data) {
  if (data.length > MAX_RESPONSE) throw new Malformed(`${WHAT}: longer than ${MAX_RESPONSE} bytes`);
  const response = sequence(data, WHAT);
  checkStatus(response.inside(SEQUENCE));
  const token = response.inside(SEQUENCE);
  response.end();
  expect(token, token.oid() === SIGNED_DATA, "the token is not signed data");
  return signedData(only(token, (inner) => inner.inside(SEQUENCE)));
}

/** @param {Reader} reader */
function checkStatus(reader) {
  expect(reader, reader.integer() === 0n, "the authority did not grant it");
  if (reader.nextIs(SEQUENCE)) {
    for (const one of reader.inside(SEQUENCE).rest()) {
      expect(reader, one.tag === UTF8_STRING, "a status text that is not UTF-8");
      new Reader(one.whole, WHAT).text();
    }
  }
  reader.end();
}

/** @param {Reader} reader @returns {Response} */
function signedData(reader) {
  expect(reader, reader.integer() === 3n, "signed data of another version than 3");
  const digests = reader.setOf().map((one) => hashOf(reader, one));
  const encapsulated = reader.inside(SEQUENCE);
  expect(reader, encapsulated.oid() === TST_INFO, "the content is not a TSTInfo");
  const content = only(encapsulated, (inner) => inner.octets());
  const certificates = reader.nextIs(context(0)) ? reader.setOf(context(0)) : [];
  expect(reader, certificates.length <= MAX_CERTIFICATES, `more than ${MAX_CERTIFICATES} certificates`);
  expect(reader, certificates.every((one) => one.tag === SEQUENCE), "a certificate of another kind");
  const signers = reader.setOf(); // revocation lists, which may come before, are refused: nothing here reads them
  reader.end();
  const [first] = signers;
  if (first === undefined || signers.length !== 1 || first.tag !== SEQUENCE) {
    throw reader.malformed("not signed by exactly one");
  }
  const info = tstInfo(content);
  const who = signer(new Reader(first.content, WHAT));
  expect(reader, digests.includes(who.signing.hash), "the signer's hash is not among those announced");
  return { info, signer: who, content, certificates: certificates.map((one) => one.whole) };
}

/** @param {Bytes} content @returns {TstInfo} */
function tstInfo(content) {
  const reader = sequence(content, WHAT);
  expect(reader, reader.integer() === 1n, "a TSTInfo of another version than 1");
  reader.oid(); // the authority's policy; a verifier here has none to compare with
  const imprinted = reader.inside(SEQUENCE);
  const hash = hashOf(imprinted, imprinted.take(SEQUENCE));
  const imprint = imprinted.octets();
  imprinted.end();
  const serial = reader.integer();
  const micros = reader.time();
  const accuracy = reader.nextIs(SEQUENCE) ? accuracyOf(reader.inside(SEQUENCE)) : null;
  reader.defaultFalse(); // whether it orders its tokens, which nothing here relies on
  if (reader.nextIs(INTEGER)) reader.integer(); // the requester's nonce
  if (reader.nextIs(context(0))) reader.take(); // the authority's name, which its certificate gives
  if (reader.nextIs(context(1))) {
    const conditions = [...readExtensions(reader.inside(context(1))).values()];
    const critical = conditions.some((one) => one.critical);
    expect(reader, !critical, "an extension that is critical and not known");
  }
  reader.end();
  return { hash, imprint, serial, micros, accuracy };
}

/** @param {Reader} reader @returns {number} microseconds */
function accuracyOf(reader) {
  const seconds = reader.nextIs(INTEGER) ? reader.integer() : 0n;
  const [millis, micros] = [0, 1].map((number) => {
    const tag = context(number, false);
    if (!reader.nextIs(tag)) return 0;
    const part = reader.integer(tag);
    expect(reader, part >= 1n && part <= 999n, "an accuracy out of range");
    return Number(part);
  });
  reader.end();
  expect(reader, seconds >= 0n && seconds <= MAX_ACCURACY, "an accuracy out of range");
  return Number(seconds) * 1e6 + (millis ?? 0) * 1e3 + (micros ?? 0);
}

/** @param {Reader} reader @returns {Signer} */
function signer(reader) {
  expect(reader, reader.integer() === 1n, "a signer of another version than 1");
  const who = reader.inside(SEQUENCE);
  const issuer = readName(who);
  const serialNumber = readSerial(who);
  who.end();
  const hash = hashOf(reader, reader.take(SEQUENCE));
  expect(reader, reader.nextIs(context(0)), "no signed attributes");
  const members = reader.setOf(context(0));
  const attributes = signedAttributes(reader, members, issuer, serialNumber);
  const algorithm = toHex(reader.take(SEQUENCE).whole);
  const signing = algorithm === RSA ? /** @type {Signing} */ ({ kind: "rsa", hash }) : SIGNATURES.get(algorithm);
  if (!signing) throw reader.malformed("a signature algorithm that is not taken");
  expect(reader, signing.hash === hash, "the signature is over another hash than the signer's");
  const signature = reader.octets();
  if (reader.nextIs(context(1))) {
    // Unsigned attributes add nothing to what was signed; they must only be a set.
    for (const one of reader.setOf(context(1))) attribute(one.whole);
  }
  reader.end();
  // What is signed is the SET, although it travels under the tag [0] (RFC 5652 section 5.4).
  const signed = encoded(SET, concat(...members.map((one) => one.whole)));
  return { issuer, serialNumber, signing, signature, signed, ...attributes };
}

/** @param {Reader} reader @param {readonly Element[]} members @param {Bytes} issuer @param {bigint} serialNumber */
function signedAttributes(reader, members, issuer, serialNumber) {
  /** @type {Map<string, Bytes>} */
  const values = new Map();
  for (const member of members) {
    const [name, value] = attribute(member.whole);
    expect(reader, !values.has(name), "a signed attribute twice");
    values.set(name, value);
  }
  const [type, digest] = [CONTENT_TYPE, MESSAGE_DIGEST].map((name) => {
    const value = values.get(name);
    if (value === undefined) throw reader.malformed("a signed attribute is missing");
    return new Reader(value, WHAT);
  });
  expect(reader, type?.oid() === TST_INFO, "the signed attributes are of another kind of content");
  const messageDigest = digest.octets();
  const certificateDigests = [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2].flatMap((name, before) => {
    const value = values.get(name);
    return value ? [certificateDigest(value, before + 1, issuer, serialNumber)] : [];
  });
  expect(reader, certificateDigests.length > 0, "the signed attributes do not name the signer's certificate");
  return { messageDigest, certificateDigests };
}

/** @param {Bytes} bytes @returns {[string, Bytes]} an attribute's name, and the encoding of its one value */
function attribute(bytes) {
  const reader = new Reader(bytes, WHAT).inside(SEQUENCE);
  const name = reader.oid();
  const [value, ...others] = reader.setOf();
  reader.end();
  if (value === undefined || others.length > 0) throw reader.malformed("an attribute without exactly one value");
  return [name, value.whole];
}

/**
 * Of the first certificate named, which is the signer's.
 *
 * @param {Bytes} value @param {number} version @param {Bytes} issuer @param {bigint} serialNumber
 */
function certificateDigest(value, version, issuer, serialNumber) {
  const reader = new Reader(value, WHAT).inside(SEQUENCE);
  const certificates = reader.inside(SEQUENCE);
  if (reader.more) reader.take(SEQUENCE); // policies, which nothing here asks for
  reader.end();
  const first = certificates.inside(SEQUENCE);
  expect(reader, certificates.rest().every((one) => one.tag === SEQUENCE), "a certificate named in no way");
  /** @type {Hash} */
  let hash = version === 1 ? "SHA-1" : "SHA-256"; // the default of version 2
  if (version === 2 && first.nextIs(SEQUENCE)) {
    const written = first.take();
    expect(reader, toHex(written.whole) !== DEFAULT_HASH, "a default that is written out");
    hash = hashOf(reader, written);
  }
  const digest = first.octets();
  if (first.more) {
    const named = first.inside(SEQUENCE);
    const names = encoded(SEQUENCE, encoded(context(4), issuer));
    const [written, serial] = [named.take(SEQUENCE).whole, readSerial(named)];
    named.end();
    const same = equal(written, names) && serial === serialNumber;
    expect(reader, same, "the signed attributes name another certificate than the signer's");
  }
  first.end();
  return { hash, digest };
}

/** The hash that an algorithm identifier names. @param {Reader} reader @param {Element} identifier @returns {Hash} */
function hashOf(reader, identifier) {
  const found = HASHES.get(toHex(identifier.whole));
  if (!found) throw reader.malformed("a hash that is not taken");
  return found;
}

/**
 * The one value in the explicit [0] that comes next and is the last.
 *
 * @template T @param {Reader} reader @param {(inner: Reader) => T} read @returns {T}
 */
function only(reader, read) {
  const inner = reader.inside(context(0));
  reader.end();
  const value = read(inner);
  inner.end();
  return value;
}

/** @param {Reader} reader @param {boolean} holds @param {string} why */
function expect(reader, holds, why) {
  if (!holds) throw reader.malformed(why);
}
