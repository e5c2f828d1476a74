// @ts-check
// Whom else a verifier must hear: the ledger's witnesses with their quorum, and the authorities of time.
//
// The lines `witness`, `group`, `quorum` are those of C2SP tlog-policy; `authority` and `timestamps` are ours.
// They are lines of the trust policy (policy.js). Nothing is trusted here: whether these are the right witnesses is for
// the reader of the policy to know.
//
// Specification: docs/spec/witnessing.md.

import { equal, fromBase64, utf8 } from "../bytes.js";
import { publicKeyOf } from "../time/certificates.js";
import { Malformed } from "../errors.js";
import { ED25519_COSIGNATURE, MLDSA44, parseVerifierKey } from "./notes.js";

/** @import { VerifierKey } from "./notes.js" */
/** @typedef {{threshold: number, members: string[]}} Group has witnessed what so many of its members have */
/**
 * Everything by name.
 *
 * @typedef {object} ThirdParties
 * @property {Map<string, VerifierKey>} witnesses
 * @property {Map<string, Group>} groups each after its members
 * @property {string} quorum the witness or group whose word counts, or "none"
 * @property {Map<string, Bytes>} authorities trust anchors, X.509 in DER
 * @property {number} timestamps how many different authorities every seal needs
 */

export const KEYWORDS = Object.freeze(new Set(["witness", "group", "quorum", "authority", "timestamps"]));

const NO_QUORUM = "none";
const MOST_WITNESSES = 64;
const MOST_GROUPS = 32;
const MOST_AUTHORITIES = 8;
const LONGEST_CERTIFICATE = 8192;
const LONGEST_COSIGNER = 255; // bytes: what ML-DSA-44 signs gives the name's length in one
const NAME = /^[\x21-\x7e]{1,64}$/;
const CODE = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Collects the lines of one policy, in their order. */
export class ThirdPartyLines {
  /** @type {ThirdParties} */
  #found = { witnesses: new Map(), groups: new Map(), quorum: "", authorities: new Map(), timestamps: 0 };
  /** @type {Set<string>} */
  #once = new Set();
  /** @type {Set<string>} members of any group: none counts twice */
  #members = new Set();

  /** @param {string} keyword one of `KEYWORDS` @param {string[]} values @throws {Malformed} */
  async add(keyword, values) {
    const [name = "", second = ""] = values;
    if (keyword === "witness" && (values.length === 2 || values.length === 3)) {
      await this.#witness(name, second, values[2]);
    } else if (keyword === "group" && values.length >= 3) {
      this.#group(name, second, values.slice(2));
    } else if (keyword === "authority" && (values.length === 2 || values.length === 3)) {
      this.#authority(name, second, values[2]);
    } else if (keyword === "quorum" && values.length === 1) {
      this.#first(keyword);
      if (name !== NO_QUORUM && !this.#defined(name)) throw new Malformed("a quorum that is not defined before it");
      this.#found.quorum = name;
    } else if (keyword === "timestamps" && values.length === 1) {
      this.#first(keyword);
      this.#found.timestamps = decimal(name);
    } else {
      throw new Malformed(`a policy line without the values that ${keyword} has`);
    }
  }

  /** @returns {ThirdParties} what the lines said together @throws {Malformed} */
  end() {
    const { authorities, timestamps } = this.#found;
    if (!this.#once.has("quorum")) throw new Malformed("a policy without a quorum line");
    if (timestamps > authorities.size) throw new Malformed("a policy that asks for more timestamps than there are authorities");
    return this.#found;
  }

  /** @param {string} name @param {string} vkey @param {string | undefined} url */
  async #witness(name, vkey, url) {
    const { witnesses } = this.#found;
    this.#newName(name);
    address(url);
    const key = await parseVerifierKey(vkey);
    if (key.type !== ED25519_COSIGNATURE && key.type !== MLDSA44) throw new Malformed("a witness of another type than 04 and 06");
    if (utf8(key.name).length > LONGEST_COSIGNER) throw new Malformed("a witness's key with too long a name");
    for (const other of witnesses.values()) {
      const sameLine = other.name === key.name && other.keyId === key.keyId;
      if (sameLine || equal(other.publicKey, key.publicKey)) throw new Malformed("one witness key under two names");
    }
    witnesses.set(name, key);
    if (witnesses.size > MOST_WITNESSES) throw new Malformed("a policy with too many witnesses");
  }

  /** @param {string} name @param {string} needed @param {string[]} members */
  #group(name, needed, members) {
    this.#newName(name);
    const threshold = needed === "all" ? members.length : needed === "any" ? 1 : decimal(needed);
    if (threshold < 1 || threshold > members.length) throw new Malformed("a group that asks for more members than it has, or for none");
    for (const member of members) {
      if (!this.#defined(member)) throw new Malformed("a group with a member that is not defined before it");
      if (this.#members.has(member)) throw new Malformed("a member of groups twice, which would count twice");
      this.#members.add(member);
    }
    this.#found.groups.set(name, { threshold, members });
    if (this.#found.groups.size > MOST_GROUPS) throw new Malformed("a policy with too many groups");
  }

  /** @param {string} name @param {string} encoded @param {string | undefined} url */
  #authority(name, encoded, url) {
    const { authorities } = this.#found;
    if (!CODE.test(name) || authorities.has(name)) throw new Malformed("an authority whose name is no code, or is there twice");
    address(url);
    const certificate = fromBase64(encoded);
    // One DER SEQUENCE and nothing behind it; more is seen where a token is verified under it.
    const size = certificate.length;
    const begin = [0x30, 0x82, (size - 4) >> 8, (size - 4) & 0xff];
    if (size < 260 || size > LONGEST_CERTIFICATE || begin.some((byte, i) => certificate[i] !== byte)) {
      throw new Malformed("an authority without a certificate in DER");
    }
    // Two certificates of one key are one authority: the very same token would count twice.
    if ([...authorities.values()].some((other) => equal(identityOf(other), identityOf(certificate)))) {
      throw new Malformed("one authority under two names");
    }
    authorities.set(name, certificate);
    if (authorities.size > MOST_AUTHORITIES) throw new Malformed("a policy with too many authorities");
  }

  /** @param {string} name */
  #newName(name) {
    if (name === NO_QUORUM || !NAME.test(name) || this.#defined(name)) {
      throw new Malformed("a witness or group whose name cannot be, or is there twice");
    }
  }

  /** @param {string} name */
  #defined(name) {
    return this.#found.witnesses.has(name) || this.#found.groups.has(name);
  }

  /** @param {string} keyword */
  #first(keyword) {
    if (this.#once.has(keyword)) throw new Malformed(`a second ${keyword} line`);
    this.#once.add(keyword);
  }
}

/**
 * Witnesses as people count them: who signs with two keys is one, not two. A group of all its members that are two
 * keys of one signer is one witness, called as the group; any other key is one witness, as it counts in the quorum.
 *
 * @param {ThirdParties} parties @returns {{name: string, keys: string[]}[]} by name
 */
export function namedWitnesses({ witnesses, groups }) {
  const pairs = [...groups].flatMap(([name, { threshold, members }]) => {
    const signers = members.flatMap((member) => witnesses.get(member)?.name ?? []);
    const pair = threshold === 2 && members.length === 2 && signers.length === 2 && signers[0] === signers[1];
    return pair ? [{ name, keys: members }] : [];
  });
  const paired = new Set(pairs.flatMap(({ keys }) => keys));
  const alone = [...witnesses.keys()].filter((name) => !paired.has(name)).map((name) => ({ name, keys: [name] }));
  return [...pairs, ...alone].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Whether these witnesses, whose cosignatures were verified, are enough.
 *
 * @param {ThirdParties} parties @param {Iterable<string>} cosigned names
 */
export function quorumMet(parties, cosigned) {
  const done = new Set(cosigned);
  for (const [name, { threshold, members }] of parties.groups) {
    if (members.filter((member) => done.has(member)).length >= threshold) done.add(name);
  }
  return parties.quorum === NO_QUORUM || done.has(parties.quorum);
}

/** The authority's public key; where none can be read, and so no token holds, all of the certificate. @param {Bytes} certificate */
function identityOf(certificate) {
  try {
    return publicKeyOf(certificate);
  } catch (error) {
    if (error instanceof Malformed) return certificate;
    throw error;
  }
}

/** @param {string} digits */
function decimal(digits) {
  const value = Number(digits);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(digits) || !Number.isSafeInteger(value)) throw new Malformed("not a decimal number");
  return value;
}

/** @param {string | undefined} url */
function address(url) {
  if (url !== undefined && !/^[\x21-\x7e]{1,500}$/.test(url)) throw new Malformed("an address longer than 500 characters");
}
