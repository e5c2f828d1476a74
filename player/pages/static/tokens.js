// @ts-check
// The form of a timestamp: what a TimeStampResp of RFC 3161 must hold, read strictly.
//
// An authority's answer is a status and a CMS SignedData around a TSTInfo, which says: this digest was there
// at this time. Here only form is read; timestamps.js proves it. Of the many shapes that CMS allows, one is
// taken: one signer, named by issuer and serial number, whose signed attributes name the kind of content, its
// digest and the signer's certificate.
//
// Trusts nothing. Throws only Malformed. Specification: docs/spec/time.md; RFC 3161; RFC 5652; RFC 2634
// section 5.4 and RFC 5816.

import { concat, text } from "./bytes.js";
import { BOOLEAN, INTEGER, NULL, OCTET_STRING, Reader, SEQUENCE, context } from "./der.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {"SHA-1" | "SHA-256" | "SHA-384" | "SHA-512"} Hash */
/** @typedef {{kind: "rsa" | "ec", hash: Hash}} Signing how a signature was made */

/**
 * What the authority says. `micros`: its time, in microseconds since 1970; `accuracy` in microseconds, null
 * where it states none; `imprint`: digest of the data by `hash`.
 *
 * @typedef {{hash: Hash, imprint: Bytes, serial: bigint, micros: number, accuracy: number | null,
 *   nonce: bigint | null}} TstInfo
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

/** @type {Readonly<Record<string, Hash>>} */
export const HASHES = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};

/** @type {Readonly<Record<string, Signing>>} */
export const SIGNATURES = {
  "1.2.840.113549.1.1.11": { kind: "rsa", hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { kind: "rsa", hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { kind: "rsa", hash: "SHA-512" },
  "1.2.840.10045.4.3.2": { kind: "ec", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { kind: "ec", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { kind: "ec", hash: "SHA-512" },
};

export const RSA = "1.2.840.113549.1.1.1";
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

/** @param {Bytes} data a TimeStampResp @returns {Response} @throws {Malformed} also where the authority refused */
export function parseResponse(data) {
  const reader = new Reader(data, WHAT);
  if (data.length > MAX_RESPONSE) throw reader.malformed(`longer than ${MAX_RESPONSE} bytes`);
  const response = reader.inside(SEQUENCE);
  reader.end();
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
    for (const said of reader.inside(SEQUENCE).rest()) {
      expect(reader, said.tag === 0x0c, "a status text that is not UTF-8");
      text(said.content);
    }
  }
  reader.end();
}

/** @param {Reader} reader @returns {Response} */
function signedData(reader) {
  expect(reader, reader.integer() === 3n, "signed data of another version than 3");
  const digests = reader.setOf().map((one) => algorithm(new Reader(one.whole, WHAT), HASHES));
  const encapsulated = reader.inside(SEQUENCE);
  expect(reader, encapsulated.oid() === TST_INFO, "the content is not a TSTInfo");
  const content = only(encapsulated, (inner) => inner.octets());
  const certificates = reader.nextIs(context(0)) ? reader.setOf(context(0)) : [];
  expect(reader, certificates.length <= MAX_CERTIFICATES, `more than ${MAX_CERTIFICATES} certificates`);
  expect(reader, certificates.every((one) => one.tag === SEQUENCE), "a certificate of another kind");
  const signers = reader.setOf(); // revocation lists, which may stand before, are refused: nothing here reads them
  reader.end();
  const [first] = signers;
  if (first === undefined || signers.length !== 1 || first.tag !== SEQUENCE) {
    throw reader.malformed("not signed by exactly one");
  }
  const info = tstInfo(new Reader(content, WHAT));
  const who = signer(new Reader(first.content, WHAT));
  expect(reader, digests.includes(who.signing.hash), "the signer's hash is not among those announced");
  return { info, signer: who, content, certificates: certificates.map((one) => one.whole) };
}

/** @param {Reader} whole @returns {TstInfo} */
function tstInfo(whole) {
  const reader = whole.inside(SEQUENCE);
  whole.end();
  expect(reader, reader.integer() === 1n, "a TSTInfo of another version than 1");
  reader.oid(); // the authority's policy; a verifier here has none to compare with
  const imprinted = reader.inside(SEQUENCE);
  const hash = algorithm(imprinted, HASHES);
  const imprint = imprinted.octets();
  imprinted.end();
  const serial = reader.integer();
  const micros = reader.time();
  const accuracy = reader.nextIs(SEQUENCE) ? accuracyOf(reader.inside(SEQUENCE)) : null;
  if (reader.nextIs(BOOLEAN)) expect(reader, reader.boolean(), "a default that is written out");
  const nonce = reader.nextIs(INTEGER) ? reader.integer() : null;
  if (reader.nextIs(context(0))) reader.take(); // the authority's name, which its certificate tells
  if (reader.nextIs(context(1))) {
    for (const extension of reader.inside(context(1)).rest()) checkExtension(new Reader(extension.whole, WHAT));
  }
  reader.end();
  return { hash, imprint, serial, micros, accuracy, nonce };
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

/** @param {Reader} whole */
function checkExtension(whole) {
  const reader = whole.inside(SEQUENCE);
  reader.oid();
  expect(reader, !reader.nextIs(BOOLEAN), "an extension that is critical and not known");
  reader.take(OCTET_STRING);
  reader.end();
}

/** @param {Reader} reader @returns {Signer} */
function signer(reader) {
  expect(reader, reader.integer() === 1n, "a signer of another version than 1");
  const who = reader.inside(SEQUENCE);
  const issuer = who.take(SEQUENCE).whole;
  const serialNumber = who.integer();
  who.end();
  const hash = algorithm(reader, HASHES);
  const attributes = signedAttributes(reader);
  // Kind and hash may be named together, or for RSA the kind alone.
  const signing = algorithm(reader, { ...SIGNATURES, [RSA]: /** @type {Signing} */ ({ kind: "rsa", hash }) });
  expect(reader, signing.hash === hash, "the signature is over another hash than the signer's");
  const signature = reader.octets();
  if (reader.nextIs(context(1))) {
    // Unsigned attributes add nothing to what was signed; they must only be a set.
    for (const one of reader.setOf(context(1))) attribute(one.whole);
  }
  reader.end();
  return { issuer, serialNumber, signing, signature, ...attributes };
}

/** @param {Reader} reader */
function signedAttributes(reader) {
  expect(reader, reader.nextIs(context(0)), "no signed attributes");
  const start = reader.setOf(context(0));
  /** @type {Map<string, Bytes>} */
  const values = new Map();
  for (const member of start) {
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
  const messageDigest = /** @type {Reader} */ (digest).octets();
  const certificateDigests = [];
  const [first, second] = [values.get(SIGNING_CERTIFICATE), values.get(SIGNING_CERTIFICATE_V2)];
  if (first) certificateDigests.push({ ...certificateDigest(first, 1), hash: /** @type {Hash} */ ("SHA-1") });
  if (second) certificateDigests.push(certificateDigest(second, 2));
  expect(reader, certificateDigests.length > 0, "the signed attributes do not name the signer's certificate");
  // What is signed is the SET, although it travels under the tag [0] (RFC 5652 section 5.4).
  const signed = asSet(concat(...start.map((one) => one.whole)));
  return { messageDigest, certificateDigests, signed };
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

/** Of the first certificate named, which is the signer's. @param {Bytes} value @param {number} version */
function certificateDigest(value, version) {
  const first = new Reader(value, WHAT).inside(SEQUENCE).inside(SEQUENCE).inside(SEQUENCE);
  /** @type {Hash} */
  let hash = "SHA-256"; // the default of version 2; version 1 has SHA-1 only
  if (version === 2 && first.nextIs(SEQUENCE)) hash = algorithm(first, HASHES);
  return { hash, digest: first.octets() };
}

/**
 * What `known` says of the algorithm that comes next, whose parameters are absent or null.
 *
 * @template T @param {Reader} reader @param {Readonly<Record<string, T>>} known @returns {T}
 */
export function algorithm(reader, known) {
  const inner = reader.inside(SEQUENCE);
  const name = inner.oid();
  if (inner.nextIs(NULL)) expect(reader, inner.take().content.length === 0, "a null that is not empty");
  inner.end();
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined) throw reader.malformed(`algorithm ${name} is not taken`);
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

/** @param {Bytes} content @returns {Bytes} */
function asSet(content) {
  const octets = [];
  for (let left = content.length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | octets.length, ...octets];
  return concat(Uint8Array.of(0x31, ...length), content);
}

/** @param {Reader} reader @param {boolean} holds @param {string} why */
function expect(reader, holds, why) {
  if (!holds) throw reader.malformed(why);
}
