// @ts-check
// Timestamps: an independent authority's word that the ledger stood like this at this time.
//
// The same steps as chain_of_custody/timestamping/token_verification.py, with the browser's own cryptography:
//
// 1. form: it is a TimeStampResp in the one shape taken here (tokens.js);
// 2. data: the digest in it is that of the data;
// 3. certificate: the signer's certificate came with it, is the one that the signed attributes name, and is for
//    timestamps alone;
// 4. chain: it leads to the authority's own certificate, all valid at the token's time;
// 5. signature: by that certificate's key, over exactly this.
//
// No library reads the bytes: only digests and signatures are left to the browser, over values that were read here.
//
// Trusts the anchors, which the policy names. Specification: docs/spec/time.md.

import { equal, sha512, toHex } from "../bytes.js";
import { chainTo, checkPurpose, parseAnchor } from "./chains.js";
import { parseCertificate } from "./certificates.js";
import { NotProved } from "../errors.js";
import { verifies } from "../public_keys.js";
import { above, Successors } from "./successors.js";
import { parseResponse } from "./tokens.js";

/**
 * A proved token. `micros` is the authority's time, in microseconds since 1970; `accuracy` (microseconds): how far off
 * it may be, null where it does not say. `expiresAt`: when the first certificate of its chain ends. `serial`: the
 * authority's number for it. `digest`: SHA-512 of the whole response in hexadecimal, by which `timestamp.renewed` names it.
 *
 * @typedef {{micros: number, accuracy: number | null, serial: string, hash: string, expiresAt: Date, digest: string}} Token
 */

/** A proved token over the checkpoint of `size` entries with `root` in hexadecimal. @typedef {{authority: string, size: number, root: string, token: Token}} Stamp */

/** A `timestamp.renewed` at `position`; `token`: digest of the token it renews. @typedef {{position: number, authority: string, size: number, root: string, token: string}} Renewal */

/** The first token of one authority that covers something, the tokens that renewed it in order, and until when its certificates are valid. @typedef {{stamp: Stamp, renewed: Stamp[], until: Date}} Cover */

/**
 * What an authority says about `data`.
 *
 * @param {Bytes} response DER @param {Bytes} data what the token is over @param {Bytes} anchor DER of the
 *   authority's certificate
 * @returns {Promise<Token>} @throws {NotProved} "altered", "signature", "time"; Malformed
 */
export async function verifyToken(response, data, anchor) {
  const authority = await parseAnchor(anchor);
  const { info, signer, content, certificates } = parseResponse(response); // 1
  if (!equal(await digest(info.hash, data), info.imprint)) { // 2
    throw new NotProved("altered", "the timestamp is over something else");
  }
  const others = certificates.map(parseCertificate);
  const certificate = await signersOf(signer, others); // 3
  const chain = await chainTo(authority, certificate, others, info.micros); // 4
  if (!(await signs(certificate, signer, content))) { // 5
    throw new NotProved("signature", "the timestamp is not signed by the authority");
  }
  return {
    micros: info.micros,
    accuracy: info.accuracy,
    serial: String(info.serial),
    hash: info.hash,
    expiresAt: new Date(Math.min(...chain.map((one) => one.end)) / 1000),
    digest: toHex(await sha512(response)),
  };
}

/** @param {string} hash @param {Bytes} bytes @returns {Promise<Bytes>} */
async function digest(hash, bytes) {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes));
}

/**
 * The certificate whose key signed, once it is the one that was signed for.
 *
 * @param {import("./tokens.js").Signer} signer @param {readonly import("./certificates.js").Certificate[]} others
 */
async function signersOf(signer, others) {
  const named = others.filter((one) => equal(one.issuer, signer.issuer) && one.serial === signer.serialNumber);
  const [certificate] = named;
  if (!certificate || named.length !== 1) {
    throw new NotProved("time", "the signer's certificate did not come with the timestamp");
  }
  for (const one of signer.certificateDigests) {
    if (!equal(await digest(one.hash, certificate.der), one.digest)) {
      throw new NotProved("signature", "the timestamp was signed under another certificate");
    }
  }
  checkPurpose(certificate);
  if (certificate.key && certificate.key.kind !== signer.signing.kind) {
    throw new NotProved("signature", "the signature is of another kind than the signer's key");
  }
  return certificate;
}

/**
 * @param {import("./certificates.js").Certificate} certificate @param {import("./tokens.js").Signer} signer
 * @param {Bytes} content
 */
async function signs(certificate, signer, content) {
  if (!equal(await digest(signer.signing.hash, content), signer.messageDigest)) return false;
  return verifies(certificate.key, signer.signing, signer.signature, signer.signed);
}

// --- together ---------------------------------------------------------------------------------------------

/**
 * Put tokens together: those that cover the entries at `positions`.
 *
 * 1. Of one authority, a larger tree is never earlier than a smaller one, beyond what both say of their accuracy.
 * 2. A renewal is of the token that it names, where that token is here.
 * 3. For each position and authority, the smallest tree that has it; then its renewals.
 *
 * @param {readonly Stamp[]} stamps @param {Iterable<number>} positions @param {readonly Renewal[]} [renewals]
 * @returns {Map<number, Cover[]>} for each position, a cover for each authority that has one, the earliest first
 * @throws {NotProved} 1 and 2
 */
export function consider(stamps, positions, renewals = []) {
  const ordered = [...stamps].sort((a, b) => a.size - b.size || a.token.micros - b.token.micros);
  /** @type {Map<string, Renewal>} */
  const byToken = new Map();
  for (const one of [...renewals].sort((a, b) => b.position - a.position)) byToken.set(one.token, one);
  checkOrder(ordered); // 1
  for (const stamp of ordered) { // 2
    const { authority, size, root, token } = stamp;
    const renewal = byToken.get(token.digest);
    if (renewal && (renewal.authority !== authority || renewal.size !== size || renewal.root !== root)) {
      throw wrong(stamp, "a renewal names another timestamp than the one it is of");
    }
  }
  const covering = new Covering(ordered, byToken);
  return new Map([...positions].map((position) => [position, covering.covers(position)])); // 3
}

/**
 * Statements whose own clock is later than a token that covers them: position → by how many milliseconds at least.
 * It is no alteration; a clock was wrong, and a reader who relies on that time has to know.
 *
 * @param {readonly Stamp[]} stamps @param {ReadonlyMap<number, Date>} clocks position → what the statement says
 * @returns {Map<number, number>}
 */
export function clocksAhead(stamps, clocks) {
  const ordered = [...stamps].sort((a, b) => a.size - b.size);
  const sizes = ordered.map(({ size }) => size);
  // The earliest bound that any tree of this size or a larger one gives.
  const bounds = ordered.map(({ token }) => latest(token));
  for (let i = bounds.length - 2; i >= 0; i -= 1) bounds[i] = Math.min(bounds[i], bounds[i + 1]);
  const found = new Map();
  for (const [position, clock] of clocks) {
    const place = above(sizes, position);
    const ahead = clock.getTime() * 1000 - bounds[place];
    if (place < bounds.length && ahead > 0) found.set(position, Math.ceil(ahead / 1000));
  }
  return found;
}

/** @param {Stamp} stamp @param {string} why */
const wrong = ({ authority, size }, why) => new NotProved("time", why, `${authority}, checkpoint of ${size} entries`);

/** µs since 1970; the token is not from later. @param {Token} token */
export const latest = ({ micros, accuracy }) => micros + (accuracy ?? 0);

/** @param {readonly Stamp[]} ordered */
function checkOrder(ordered) {
  /** @type {Map<string, number>} */
  const earliest = new Map();
  for (const stamp of ordered) {
    const { authority, token } = stamp;
    const before = earliest.get(authority) ?? -Infinity;
    if (latest(token) < before) throw wrong(stamp, "a later checkpoint has an earlier timestamp");
    earliest.set(authority, Math.max(before, token.micros - (token.accuracy ?? 0)));
  }
}

/** What covers a position, of many: looked up, not gone through, and each first token carried on once. */
class Covering {
  #ordered;
  #byToken;
  #successors;
  /** @type {Map<string, {sizes: number[], places: number[]}>} by authority */
  #of = new Map();
  /** @type {Map<number, Cover>} by place */
  #known = new Map();

  /** @param {readonly Stamp[]} ordered by size, then time @param {ReadonlyMap<string, Renewal>} byToken */
  constructor(ordered, byToken) {
    this.#ordered = ordered;
    this.#byToken = byToken;
    this.#successors = byToken.size > 0 ? new Successors(ordered, latest) : null;
    ordered.forEach(({ authority, size }, place) => {
      const of = this.#of.get(authority) ?? { sizes: [], places: [] };
      of.sizes.push(size);
      of.places.push(place);
      this.#of.set(authority, of);
    });
  }

  /** Of each authority that has one, the cover by the smallest tree; the earliest first. @param {number} position */
  covers(position) {
    return [...this.#of.values()]
      .flatMap(({ sizes, places }) => places[above(sizes, position)] ?? [])
      .map((place) => this.#cover(place))
      .sort(
        (a, b) => a.stamp.token.micros - b.stamp.token.micros || (a.stamp.authority < b.stamp.authority ? -1 : 1),
      );
  }

  /** @param {number} place @returns {Cover} */
  #cover(place) {
    const cover = this.#known.get(place) ?? this.#carriedOn(this.#ordered[place]);
    this.#known.set(place, cover);
    return cover;
  }

  /** @param {Stamp} stamp @returns {Cover} */
  #carriedOn(stamp) {
    const renewed = [];
    let last = stamp;
    let until = stamp.token.expiresAt;
    for (;;) {
      const renewal = this.#byToken.get(last.token.digest);
      // A renewal is in a larger tree than what it renews, so this ends.
      const next = renewal && this.#successors?.earliest(Math.max(renewal.position, last.size), until.getTime() * 1000);
      if (!next) return { stamp, renewed, until };
      renewed.push(next);
      last = next;
      if (next.token.expiresAt > until) until = next.token.expiresAt;
    }
  }
}
