// @ts-check
// Chains of certificates: from the one that signed a timestamp up to the authority that the policy names.
//
// Judged at the token's own time. A court verifies years later, when every certificate of that day may have
// ended; that a token was made while they were in force is what counts (and renewal carries it on).
//
// A condition that is not known here is refused, never skipped; name constraints are refused too. No revocation
// lists are read: an authority that was broken is taken out of the policy.
//
// Trusts the anchor. Specification: docs/spec/time.md section 8; RFC 5280 section 6; RFC 3161 section 2.3.

import { equal } from "../bytes.js";
import { parseCertificate } from "./certificates.js";
import { Malformed, NotProved } from "../errors.js";
import { verifies } from "../public_keys.js";

/** @import { Certificate } from "./certificates.js" */

const MAX_ANCHOR = 8_192; // bytes
const MAX_CHAIN = 4; // certificates above the signer's, the authority's own among them

const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const ANY_PURPOSE = "2.5.29.37.0";
const DIGITAL_SIGNATURE = 0x80;
const CONTENT_COMMITMENT = 0x40;
const KEY_CERT_SIGN = 0x04;

/**
 * The certificate that an authority is known by: self-signed, with a key that is taken here.
 *
 * @param {Bytes} der @returns {Promise<Certificate>} @throws {Malformed} if it is no such certificate
 */
export async function parseAnchor(der) {
  if (der.length > MAX_ANCHOR) throw new Malformed(`authority: more than ${MAX_ANCHOR} bytes`);
  const certificate = parseCertificate(der);
  if (!certificate.key || certificate.unknown) throw new Malformed("authority: a certificate that is not taken");
  if (!(await issued(certificate, certificate))) {
    throw new Malformed("authority: not a certificate that signs itself");
  }
  return certificate;
}

/** @param {string} why */
function unproved(why) {
  return new NotProved("time", why);
}

/** @param {Certificate} signer @throws {NotProved} unless it may sign timestamps, and nothing else */
export function checkPurpose(signer) {
  checkCertificate(signer);
  if (!signer.purposes?.critical) throw unproved("the signer's certificate is not for timestamps");
  if (signer.purposes.of.join() !== TIME_STAMPING) {
    throw unproved("the signer's certificate is not for timestamps alone");
  }
  checkUsage(signer, DIGITAL_SIGNATURE | CONTENT_COMMITMENT);
}

/**
 * The signer's certificate up to the anchor, all valid at that time. Each is issued by the next: the anchor if it
 * issued it, else the first of the others that did and is not in the chain yet. No other way is tried.
 *
 * @param {Certificate} anchor @param {Certificate} signer @param {readonly Certificate[]} others
 * @param {number} micros microseconds since 1970
 * @returns {Promise<Certificate[]>} @throws {NotProved}
 */
export async function chainTo(anchor, signer, others, micros) {
  const chain = [signer];
  for (let last = signer; !equal(last.der, anchor.der); ) {
    if (chain.length > MAX_CHAIN) throw unproved(`the chain of certificates is longer than ${MAX_CHAIN}`);
    const issuer = await issuerOf(last, [anchor, ...others.filter((one) => !chain.includes(one))]);
    if (!issuer) throw unproved("the signer's certificate is not from this authority");
    checkCertificate(issuer);
    checkAuthority(issuer, chain.length - 1);
    chain.push(issuer);
    last = issuer;
  }
  if (chain.some((one) => micros < one.begin || micros > one.end)) {
    throw unproved("a certificate was not valid at the time of the timestamp");
  }
  return chain;
}

/** @param {Certificate} certificate @param {readonly Certificate[]} candidates */
async function issuerOf(certificate, candidates) {
  for (const one of candidates) if (await issued(certificate, one)) return one;
  return null;
}

/** Whether `issuer` has signed `certificate`, under its own name. @param {Certificate} certificate @param {Certificate} issuer */
async function issued(certificate, issuer) {
  if (!equal(certificate.issuer, issuer.subject)) return false;
  return verifies(issuer.key, certificate.signing, certificate.signature, certificate.tbs);
}

/** @param {Certificate} certificate */
function checkCertificate(certificate) {
  if (!certificate.key) throw unproved("a certificate with a key of a kind that is not taken");
  if (certificate.unknown) throw unproved("a certificate with a condition that is not known");
}

/** @param {Certificate} issuer @param {number} below how many are between it and the signer's */
function checkAuthority(issuer, below) {
  if (!issuer.authority?.ca) throw unproved("a certificate was issued by one that may not issue any");
  const { pathLength } = issuer.authority;
  if (pathLength !== null && pathLength < BigInt(below)) {
    throw unproved("a certificate was issued further down than its authority allows");
  }
  checkUsage(issuer, KEY_CERT_SIGN);
  if (issuer.purposes && !issuer.purposes.of.some((one) => one === TIME_STAMPING || one === ANY_PURPOSE)) {
    throw unproved("a certificate was issued by one that is not for timestamps");
  }
}

/** @param {Certificate} certificate @param {number} any of these bits */
function checkUsage(certificate, any) {
  if (certificate.usage !== null && !(certificate.usage & any)) {
    throw unproved("a certificate was used for what its key is not for");
  }
}
