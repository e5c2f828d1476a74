// @ts-check
// Statements: who did what to which evidence, when; signed, and chained to the statement before.
//
// A leaf of the ledger is canonical JSON holding a statement and its signatures. The signature covers
// "amana/statement/v1\0" ‖ canonical(statement). What a recorder does is signed by the recorder's own key,
// which a `recorder.enrolled` statement introduced; everything else by the center's key, which the policy
// names: recorded by the center's system, not signed by the person.

import { concat, fromBase64, fromHex, sha256, toHex, utf8 } from "./bytes.js";
import { checkBody, code, RECORDER_TYPES } from "./bodies.js";
import { canonical, count, exactly, parseCanonical } from "./canonical.js";
import { Malformed, NotProved } from "./errors.js";
import { checkSignature } from "./signatures.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./signatures.js").SignatureAnswer} SignatureAnswer */
/** @typedef {{id: string, organisation: string, role: string}} Actor */
/**
 * @typedef {object} Statement
 * @property {Actor} actor @property {string} at @property {Record<string, any>} body
 * @property {string | null} case @property {string | null} details @property {string} evidence
 * @property {number} number @property {string | null} previous @property {string} purpose @property {string} type
 */
/** @typedef {{key: string, signature: Bytes}} Signature */
/** @typedef {{leaf: Bytes, statement: Statement, signatures: Signature[]}} SignedStatement */
/**
 * A key that may sign. `enrolled`: the ledger position of the statement that introduced it, null where
 * the policy itself names it.
 *
 * @typedef {{public: Bytes, holder: "center" | "recorder", name: string, enrolled: number | null}} KeyRecord
 */

const KEYS = Object.freeze("actor at body case details evidence number previous purpose type v".split(" "));
const LONGEST_LEAF = 65_535;
const MOST_SIGNATURES = 8;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const PREFIX = utf8("amana/statement/v1\0");

/** The id of an Ed25519 public key. @param {Bytes} publicKey 32 bytes @returns {Promise<string>} 16 hexadecimal digits */
export async function statementKeyId(publicKey) {
  return toHex((await sha256(publicKey)).slice(0, 8));
}

/** @param {unknown} value @returns {Statement} */
function checkStatement(value) {
  const fields = exactly(value, KEYS, "a statement");
  if (fields.v !== 1) throw new Malformed("a statement of another version");
  fromHex(fields.evidence, 16);
  if (fields.case !== null) fromHex(fields.case, 16);
  const actor = exactly(fields.actor, ["id", "organisation", "role"], "an actor");
  fromHex(actor.id, typeof actor.id === "string" && actor.id.length === 16 ? 8 : 16);
  code(actor.role, "an actor's role");
  code(actor.organisation, "an actor's organisation");
  if (typeof fields.at !== "string" || !INSTANT.test(fields.at) || Number.isNaN(Date.parse(fields.at))) {
    throw new Malformed("a statement without a time");
  }
  code(fields.purpose, "a statement's purpose");
  if ((count(fields.number, "a statement's number") === 0) !== (fields.previous === null)) {
    throw new Malformed("number 0 and only number 0 has no previous statement");
  }
  if (fields.previous !== null) fromHex(fields.previous, 32);
  if (fields.details !== null) fromHex(fields.details, 32);
  checkBody(fields.type, fields.body);
  return /** @type {Statement} */ (/** @type {unknown} */ (fields));
}

/** @param {Bytes} leaf @returns {SignedStatement} parsed, not yet verified @throws {Malformed} */
export function parseLeaf(leaf) {
  if (leaf.length > LONGEST_LEAF) throw new Malformed(`a leaf of more than ${LONGEST_LEAF} bytes`);
  const value = exactly(parseCanonical(leaf), ["signatures", "statement"], "a leaf");
  const listed = value.signatures;
  if (!Array.isArray(listed) || listed.length < 1 || listed.length > MOST_SIGNATURES) {
    throw new Malformed("a leaf without signatures, or with too many");
  }
  const signatures = listed.map((item) => {
    const fields = exactly(item, ["key", "kind", "signature"], "a signature");
    // Passkey signatures get their place here once a verifier can check them; half-checked is refused.
    if (fields.kind !== "ed25519") throw new Malformed("signature type not known");
    fromHex(fields.key, 8);
    const signature = fromBase64(fields.signature);
    if (signature.length !== 64) throw new Malformed("a signature that is not 64 bytes");
    return { key: /** @type {string} */ (fields.key), signature };
  });
  if (signatures.some((item, i) => i > 0 && item.key <= /** @type {Signature} */ (signatures[i - 1]).key)) {
    throw new Malformed("signatures that are not ordered by key, or a key twice");
  }
  return { leaf, statement: checkStatement(value.statement), signatures };
}

/**
 * @param {SignedStatement} signed @param {ReadonlyMap<string, KeyRecord>} keys @param {number} index its
 *   position in the ledger: a key counts only after the statement that enrolled it
 * @returns {Promise<SignatureAnswer>}
 * @throws {NotProved} "signature" where any of its signatures does not hold
 */
export async function verifyStatement(signed, keys, index) {
  const { statement, signatures } = signed;
  const message = concat(PREFIX, canonical(statement));
  /** @type {SignatureAnswer} */
  let answer = "verified";
  for (const { key, signature } of signatures) {
    const signer = keys.get(key);
    if (!signer) throw new NotProved("signature", `signed by key ${key}, which nobody has vouched for`);
    if ((signer.holder === "recorder") !== RECORDER_TYPES.has(statement.type)) {
      throw new NotProved("signature", `a ${signer.holder}'s key may not sign ${statement.type}`);
    }
    if (signer.enrolled !== null && signer.enrolled >= index) {
      throw new NotProved("signature", `key ${key} was enrolled only after this statement`);
    }
    const result = await checkSignature("Ed25519", signer.public, signature, message, `statement ${index}`);
    if (result !== "verified") answer = result;
  }
  return answer;
}
