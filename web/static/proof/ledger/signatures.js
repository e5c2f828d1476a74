// @ts-check
// Checks signatures: with the browser's own cryptography, or with this page's own code where the browser does not know
// the algorithm. Either way a signature holds, or an error says which one does not.
//
// A leaf of the ledger has signatures of two kinds. `ed25519`: a recorder's key on what it recorded, the
// center's key on everything else. `webauthn`: beside the center's, the person's own.

import { RECORDER_TYPES } from "./types.js";
import { fromBase64, fromHex } from "../bytes.js";
import { exactly } from "../canonical.js";
import { browserKnowsEd25519, verifyEd25519 } from "../ed25519.js";
import { Malformed, NotProved } from "../errors.js";
import { verifyMlDsa44 } from "../ml_dsa_44.js";
import { challengeOf, parsePlace } from "./sheets.js";
import { verifyAssertion } from "./webauthn.js";

/** @import { SheetPlace } from "./sheets.js" */
/** @import { Assertion } from "./webauthn.js" */
/** @typedef {"center" | "recorder" | "person"} Holder */
/**
 * What a person's credential rests on: it is the person's first one, which came by a one-time link; it came by a
 * link after all earlier ones were revoked; it came by a recovery code. One that an earlier credential confirmed
 * rests on the same as that one.
 *
 * @typedef {"first" | "again" | "recovery"} Basis
 */
/**
 * A key that may sign. `public`: 32 bytes of Ed25519; of a person the SubjectPublicKeyInfo in DER.
 * `enrolled`, `revoked`: ledger positions of the statements that introduced and revoked it; enrolled null
 * where the policy itself names it, revoked null or not there where it is good until now.
 *
 * @typedef {object} KeyRecord
 * @property {Bytes} public @property {Holder} holder @property {string} name @property {number | null} enrolled
 * @property {number | null} [revoked] @property {string} [person] @property {string} [algorithm] @property {string} [rp]
 * @property {Basis} [basis]
 */
/** @typedef {{key: string, kind: "ed25519", signature: Bytes}} Ed25519Signature */
/** @typedef {{key: string, kind: "webauthn", sheet: SheetPlace} & Assertion} WebAuthnSignature */
/** @typedef {Ed25519Signature | WebAuthnSignature} Signature */
/** @typedef {"Ed25519" | "ML-DSA-44"} SignatureType */

const MLDSA44 = Object.freeze({ name: "ML-DSA-44" });
const MLDSA44_KEY_LENGTH = 1312;

/**
 * @param {SignatureType} type
 * @param {Bytes} publicKey 32 bytes (Ed25519) or 1,312 bytes (ML-DSA-44)
 * @param {Bytes} signature 64 or 2,420 bytes
 * @param {Bytes} message
 * @param {string} whose for the error
 * @throws {NotProved} "signature" where the signature is not by this key over this message
 */
export async function checkSignature(type, publicKey, signature, message, whose) {
  const verify = type === "Ed25519" ? verifyEd25519 : verifyMlDsa;
  let holds;
  try {
    holds = await verify(publicKey, signature, message);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new NotProved("signature", `${whose}: not a public key for ${type}`);
  }
  if (!holds) throw new NotProved("signature", `${whose}: the ${type} signature is wrong`);
}

/**
 * Whether this key of ML-DSA-44 made this signature. Any 1,312 bytes are a key: nothing but their number is checked.
 *
 * @param {Bytes} publicKey @param {Bytes} signature @param {Bytes} message @returns {Promise<boolean>}
 * @throws {Malformed} for what is not a key
 */
async function verifyMlDsa(publicKey, signature, message) {
  if (publicKey.length !== MLDSA44_KEY_LENGTH) throw new Malformed("not a public key of ML-DSA-44");
  const key = await importedMlDsa(publicKey);
  return key ? crypto.subtle.verify(MLDSA44, key, signature, message) : verifyMlDsa44(publicKey, signature, message);
}

/** @param {Bytes} publicKey 1,312 bytes @returns {Promise<CryptoKey | null>} null where this browser does not know ML-DSA-44 */
async function importedMlDsa(publicKey) {
  try {
    return await crypto.subtle.importKey(/** @type {"raw"} */ ("raw-public"), publicKey, MLDSA44, false, ["verify"]);
  } catch (error) {
    // An unknown algorithm is a NotSupportedError; an unknown key format a TypeError, in Firefox a SyntaxError.
    if (error instanceof TypeError || error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * The types of signatures that this page's own code checks, since the browser does not know them.
 *
 * @returns {Promise<SignatureType[]>}
 */
export async function checkedByPage() {
  /** @type {SignatureType[]} */
  const types = [];
  if (!(await browserKnowsEd25519())) types.push("Ed25519");
  if ((await importedMlDsa(new Uint8Array(MLDSA44_KEY_LENGTH))) === null) types.push("ML-DSA-44");
  return types;
}

const MOST_SIGNATURES = 8;

/** @param {unknown} value @returns {Signature} */
function parseSignature(value) {
  const kind = typeof value === "object" && value !== null ? /** @type {any} */ (value).kind : undefined;
  const webauthn = kind === "webauthn";
  const keys = webauthn ? ["authenticator", "client", "key", "kind", "sheet", "signature"] : ["key", "kind", "signature"];
  const fields = exactly(value, keys, "a signature");
  if (!webauthn && kind !== "ed25519") throw new Malformed("signature type not known");
  fromHex(fields.key, 8);
  const key = /** @type {string} */ (fields.key);
  const signature = fromBase64(fields.signature);
  if (webauthn) {
    const [authenticator, client] = [fromBase64(fields.authenticator), fromBase64(fields.client)];
    return { key, kind: "webauthn", authenticator, client, signature, sheet: parsePlace(fields.sheet) };
  }
  if (signature.length !== 64) throw new Malformed("a signature that is not 64 bytes");
  return { key, kind: "ed25519", signature };
}

/**
 * The signatures of a leaf: one to eight of known kind, ordered by key id, no key twice.
 *
 * @param {unknown} listed @returns {Signature[]} @throws {Malformed}
 */
export function parseSignatures(listed) {
  if (!Array.isArray(listed) || listed.length < 1 || listed.length > MOST_SIGNATURES) {
    throw new Malformed("a leaf without signatures, or with too many");
  }
  const signatures = listed.map(parseSignature);
  if (signatures.some((item, i) => i > 0 && item.key <= signatures[i - 1].key)) {
    throw new Malformed("signatures that are not ordered by key, or a key twice");
  }
  return signatures;
}

/** @param {Signature} signature @param {KeyRecord | undefined} signer @param {string} type @param {string} actor @param {number} index */
function checkMaySign(signature, signer, type, actor, index) {
  const refused = (/** @type {string} */ why) => new NotProved("signature", why);
  const { key, kind } = signature;
  if (!signer) throw refused(`signed by key ${key}, which nobody has vouched for`);
  const { enrolled, revoked = null, holder } = signer;
  if ((kind === "webauthn") !== (holder === "person")) throw refused(`key ${key} does not make signatures of this kind`);
  if (enrolled !== null && enrolled >= index) throw refused(`key ${key} was enrolled only after this statement`);
  if (revoked !== null && index >= revoked) throw refused(`key ${key} was revoked before this statement`);
  if ((holder === "recorder") !== RECORDER_TYPES.has(type)) {
    throw refused(`a ${holder} key may not sign statements of type ${type}`);
  }
  if (holder === "person" && signer.person !== actor) throw refused(`key ${key} is another person's than the one who acts`);
}

/** @param {Signature} signature @param {KeyRecord} signer @param {(index: number) => Bytes} message */
async function verifySignature(signature, signer, message) {
  const { algorithm = "", rp = "" } = signer;
  const { key, kind } = signature;
  try {
    if (kind === "webauthn") {
      const challenge = await challengeOf(signature.sheet, message(signature.sheet.index));
      await verifyAssertion(signature, { algorithm, key: signer.public, rp }, challenge);
    } else await checkSignature("Ed25519", signer.public, signature.signature, message(0), `key ${key}`);
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    throw new NotProved("signature", kind === "webauthn" ? `key ${key}: ${error.message}` : `the signature of key ${key} does not hold`);
  }
}

/**
 * Check every signature of a leaf.
 *
 * 1. Each is by a key that somebody has vouched for and that counted at `index`, and whose holder may sign
 *    this: a recorder its own types, alone; of all others the center has signed, and beside it only
 *    credentials of the person who acts.
 * 2. Each holds. One that does not is an alteration even beside one that does.
 *
 * @param {readonly Signature[]} signatures
 * @param {{type: string, actor: string, message: (index: number) => Bytes, index: number}} of the statement, and its
 *   position; `message`: what is signed of it as number 0, 1, … of a sheet
 * @param {ReadonlyMap<string, KeyRecord>} keys
 * @throws {NotProved} "signature"
 */
export async function verifySignatures(signatures, { type, actor, message, index }, keys) {
  for (const signature of signatures) checkMaySign(signature, keys.get(signature.key), type, actor, index); // 1
  if (RECORDER_TYPES.has(type)) {
    if (signatures.length !== 1) throw new NotProved("signature", `${type} is not signed by its recorder alone`);
  } else if (!signatures.some(({ key }) => keys.get(key)?.holder === "center")) {
    throw new NotProved("signature", "the center's own signature is missing");
  }
  for (const signature of signatures) {
    await verifySignature(signature, /** @type {KeyRecord} */ (keys.get(signature.key)), message); // 2
  }
}

/**
 * Who answers for a verified statement: its recorder; the person, whose own key signed; or the center:
 * recorded by the center's system, not signed by the person.
 *
 * @param {readonly Signature[]} signatures @param {ReadonlyMap<string, KeyRecord>} keys @returns {Holder}
 */
export function signedBy(signatures, keys) {
  const holders = signatures.map(({ key }) => keys.get(key)?.holder);
  if (holders.includes("recorder")) return "recorder";
  return holders.includes("person") ? "person" : "center";
}
