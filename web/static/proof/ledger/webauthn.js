// @ts-check
// A person's own signature: a WebAuthn assertion whose challenge is the root of a sheet of statements (`sheets.js`).
//
// The authenticator signs its own data and the digest of what the browser says it was asked for. Proved by
// a valid one: the holder of that credential, verified by the authenticator, answered exactly this challenge
// on a page of that host. Refused here is what the other verifier refuses, in the same words.

import { concat, equal, fromHex, sha256, text, toBase64, utf8 } from "../bytes.js";
import { isObject } from "../canonical.js";
import { ed25519Key, verifyEd25519 } from "../ed25519.js";
import { CheckError, Malformed, NotProved } from "../errors.js";
import { parseKey, verifies } from "../public_keys.js";

/** @import { Signing } from "../public_keys.js" */
/** @typedef {{authenticator: Bytes, client: Bytes, signature: Bytes}} Assertion */
/** @typedef {(signature: Bytes, message: Bytes) => Promise<boolean>} Verifies whether a key made a signature */

const SHORTEST_AUTHENTICATOR = 37; // digest of the host name, flags, counter; extensions may follow
const LONGEST_CLIENT = 4096;
const MOST_BRACKETS = 64; // parsers give up at different depths: this one number is everybody's
const PRESENT_AND_VERIFIED = 0x05;
const ED25519 = fromHex("302a300506032b6570032100", 12);
/** What the other algorithms are, of ECDSA with the curve P-256. @type {ReadonlyMap<string, Signing>} */
const SIGNINGS = new Map([["es256", { kind: "ec", hash: "SHA-256" }], ["rs256", { kind: "rsa", hash: "SHA-256" }]]);
const HTTPS = /^https:\/\/([a-z0-9.-]{1,253})(?::[1-9][0-9]{0,4})?$/;
const LOCALHOST = /^http:\/\/(localhost)(?::[1-9][0-9]{0,4})?$/;

/** @param {string} why */
function refused(why) {
  return new NotProved("signature", why);
}

/**
 * What the public key in a SubjectPublicKeyInfo verifies.
 *
 * @param {string} algorithm @param {Bytes} key DER @returns {Promise<Verifies>} @throws {Malformed}
 */
export async function loadKey(algorithm, key) {
  if (algorithm === "eddsa" && key.length === 44 && equal(key.slice(0, ED25519.length), ED25519)) {
    const point = ed25519Key(key.slice(ED25519.length));
    return (signature, message) => verifyEd25519(point, signature, message);
  }
  const parsed = parseKey(key);
  const signing = SIGNINGS.get(algorithm) ?? null;
  if (!parsed || parsed.kind !== signing?.kind || (parsed.kind === "ec" && parsed.curve.name !== "P-256")) {
    throw new Malformed(`credential: not the one form of a key for ${algorithm}`);
  }
  return (signature, message) => verifies(parsed, signing, signature, message);
}

/** @param {Bytes} data @param {string} rp */
async function checkAuthenticator(data, rp) {
  if (data.length < SHORTEST_AUTHENTICATOR) throw refused("the authenticator's data is too short");
  if (!equal(data.slice(0, 32), await sha256(utf8(rp)))) throw refused("the authenticator signed for another host");
  if (((data[32] ?? 0) & PRESENT_AND_VERIFIED) !== PRESENT_AND_VERIFIED) {
    throw refused("the authenticator did not verify its user");
  }
}

/** @param {Bytes} client @returns {Record<string, unknown>} */
function readClient(client) {
  const brackets = client.reduce((sum, byte) => sum + (byte === 0x7b || byte === 0x5b ? 1 : 0), 0);
  if (client.length > LONGEST_CLIENT || brackets > MOST_BRACKETS) {
    throw refused("the browser's data is too long or too deep");
  }
  let fields;
  try {
    fields = JSON.parse(text(client));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CheckError) throw refused("the browser's data is not JSON");
    throw error;
  }
  if (!isObject(fields)) throw refused("the browser's data is not a JSON object");
  return fields;
}

/** @param {unknown} origin @param {string} rp */
function isOriginOf(origin, rp) {
  if (typeof origin !== "string") return false;
  const host = (HTTPS.exec(origin) ?? LOCALHOST.exec(origin))?.[1];
  return host !== undefined && (host === rp || host.endsWith(`.${rp}`));
}

/** @param {Bytes} client @param {string} rp @param {Bytes} challenge */
function checkClient(client, rp, challenge) {
  const fields = readClient(client);
  const own = (/** @type {string} */ name) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const spelled = toBase64(challenge).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  if (own("type") !== "webauthn.get") throw refused("the browser was not asked for a signature");
  if (own("challenge") !== spelled) throw refused("the person's signature is over another statement");
  if (!isOriginOf(own("origin"), rp)) throw refused("the person signed on a page of another host");
  if (own("crossOrigin") !== undefined && own("crossOrigin") !== false) {
    throw refused("the person signed in a page inside another one");
  }
}

/**
 * Prove that the credential `key` (DER, of host `rp`) signed `challenge` with its user verified.
 *
 * 1. The authenticator's data is of this host, its user was present and verified.
 * 2. The browser asked for exactly this challenge, for a signature, on a page of this host itself.
 * 3. The signature covers both.
 *
 * @param {Assertion} assertion
 * @param {{algorithm: string, key: Bytes, rp: string}} credential
 * @param {Bytes} challenge 32 bytes
 * @throws {NotProved} "signature"; {Malformed} for a key that is none
 */
export async function verifyAssertion(assertion, { algorithm, key, rp }, challenge) {
  const holds = await loadKey(algorithm, key);
  await checkAuthenticator(assertion.authenticator, rp); // 1
  checkClient(assertion.client, rp, challenge); // 2
  const signed = concat(assertion.authenticator, await sha256(assertion.client)); // 3
  if (!(await holds(assertion.signature, signed))) throw refused("the person's signature does not hold");
}
