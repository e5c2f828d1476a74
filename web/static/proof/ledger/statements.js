// @ts-check
// Statements: who did what to which evidence, when; signed, and chained to the statement before.
//
// A leaf of the ledger is canonical JSON holding a statement and its signatures. The signature covers
// "amana/statement/v1\0" ‖ canonical(statement). What a recorder does is signed by the recorder's own key,
// which a `recorder.enrolled` statement introduced; everything else by the center's key, which the policy
// names, and beside it perhaps by the person's own credential (`signatures.js`, `registry.js`).

import { concat, fromHex, sha256, toHex, utf8 } from "../bytes.js";
import { anything, code, digest, fromZero, id, instant, members, objectOf, oneOf, orNull } from "./members.js";
import { checkBody } from "./bodies.js";
import { canonical, exactly, parseCanonical } from "../canonical.js";
import { Malformed } from "../errors.js";
import { verifyReceipt } from "./receipts.js";
import { parseSignatures, verifySignatures } from "./signatures.js";

/** @typedef {{id: string, organisation: string, role: string}} Actor */
/**
 * @typedef {object} Statement
 * @property {Actor} actor @property {string} at @property {Record<string, any>} body
 * @property {string | null} case @property {string | null} details @property {string} evidence
 * @property {number} number @property {string | null} previous @property {string} purpose @property {string} type
 */
/** @import { Signature, KeyRecord } from "./signatures.js" */
/** @typedef {{leaf: Bytes, statement: Statement, signatures: Signature[]}} SignedStatement */

const LONGEST_LEAF = 65_535;
const PREFIX = utf8("amana/statement/v1\0");

/** The id of a key: 32 bytes of Ed25519, or a credential's DER. @param {Bytes} publicKey @returns {Promise<string>} 16 hexadecimal digits */
export async function statementKeyId(publicKey) {
  return toHex((await sha256(publicKey)).slice(0, 8));
}

const STATEMENT = {
  actor: objectOf({
    id: (value) => void fromHex(value, typeof value === "string" && value.length === 16 ? 8 : 16), // of a key, or of a person
    organisation: code,
    role: code,
  }),
  at: instant,
  body: anything, // as its type has it
  case: orNull(id),
  details: orNull(digest),
  evidence: id,
  number: fromZero,
  previous: orNull(digest),
  purpose: code,
  type: anything,
  v: oneOf(1),
};

/** @param {unknown} value @returns {Statement} */
function checkStatement(value) {
  const fields = members(value, STATEMENT, "a statement");
  if ((fields.number === 0) !== (fields.previous === null)) throw new Malformed("number 0 and only number 0 has no previous statement");
  checkBody(fields.type, fields.body);
  return /** @type {Statement} */ (fields);
}

/** @param {Bytes} leaf @returns {SignedStatement} parsed, not yet verified @throws {Malformed} */
export function parseLeaf(leaf) {
  if (leaf.length > LONGEST_LEAF) throw new Malformed(`a leaf of more than ${LONGEST_LEAF} bytes`);
  const value = exactly(parseCanonical(leaf), ["signatures", "statement"], "a leaf");
  const signatures = parseSignatures(value.signatures);
  return { leaf, statement: checkStatement(value.statement), signatures };
}

/**
 * Check every signature, a court's on its receipt included.
 *
 * @param {SignedStatement} signed @param {ReadonlyMap<string, KeyRecord>} keys @param {number} index its
 *   position in the ledger: a key counts from the statement that enrolled it until it is revoked
 * @throws {NotProved} "signature" where any of its signatures does not hold
 */
export async function verifyStatement(signed, keys, index) {
  const { statement, signatures } = signed;
  // Of a sheet all but the first are signed without the leaf before, which is known only once the sheet is signed.
  const message = (/** @type {number} */ place) => concat(PREFIX, canonical(place > 0 ? { ...statement, previous: null } : statement));
  const { type, actor } = statement;
  await verifySignatures(signatures, { type, actor: actor.id, message, index }, keys);
  if (type === "custody.transferred") await verifyReceipt(statement.body);
}
