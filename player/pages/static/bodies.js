// @ts-check
// The closed set of statement types, and what the body of each must say. A verifier that met a type it
// does not know could not tell what was done to the evidence, so it refuses.

import { fromBase64, fromHex } from "./bytes.js";
import { canonical, count, exactly } from "./canonical.js";
import { Malformed } from "./errors.js";

/** What a recorder's key signs, and the center's does not. */
export const RECORDER_TYPES = Object.freeze(
  new Set(["recording.started", "recording.progress", "recording.interrupted", "recording.sealed"]),
);

/** @typedef {(value: unknown) => void} Check */

/** A word for programs: never free text. @param {unknown} value @param {string} what @returns {string} */
export function code(value, what) {
  if (typeof value !== "string" || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(value)) throw new Malformed(`${what} is not a code`);
  return value;
}

/** @type {Check} */
const digest = (value) => void fromHex(value, 32);
/** @type {Check} */
const aCode = (value) => void code(value, "a word in a statement's body");
/** @type {Check} */
const fromOne = (value) => {
  if (count(value, "a number in a statement's body") < 1) throw new Malformed("a number in a statement's body is 0");
};
/** @type {Check} */
const publicKey = (value) => {
  if (fromBase64(value).length !== 32) throw new Malformed("an enrolled key is not 32 bytes");
};
/** @type {Check} */
const yesOrNo = (value) => {
  if (typeof value !== "boolean") throw new Malformed("neither true nor false");
};
/** @type {Check} */
const state = (value) => {
  if (value !== "complete" && value !== "interrupted") throw new Malformed("neither complete nor interrupted");
};
/** @type {Check} */
const notBefore = (value) => {
  const { root, size } = exactly(value, ["root", "size"], "not_before");
  digest(root);
  count(size, "not_before's size");
};

/** @type {Record<string, Record<string, Check>>} */
const SCHEMAS = {
  "recorder.enrolled": { key: publicKey, name: aCode },
  "interview.opened": { practice: yesOrNo },
  "recording.started": {
    header: digest,
    interview: (value) => void fromHex(value, 16),
    not_before: notBefore,
    part: fromOne,
    recorder: (value) => void fromHex(value, 8),
    wrap: digest,
  },
  "recording.progress": { records: fromOne, root: digest },
  "recording.interrupted": { reason: aCode, records: fromOne, root: digest },
  "recording.sealed": { manifest: digest, records: fromOne, root: digest, state },
  "evidence.viewed": {},
  "evidence.exported": { package: digest },
};

// Their rooms are not built yet; until then any canonical object is their body.
const LATER = new Set(
  (
    "photograph.sealed document.sealed consent.recorded consent.withdrawn grant.given grant.withdrawn " +
    "evidence.verified copy.authorised custody.transferred derivative.made hold.placed hold.lifted " +
    "disposal.authorised evidence.disposed evidence.rehashed key.rotated timestamp.renewed credential.enrolled " +
    "credential.revoked recorder.revoked role.given role.withdrawn policy.changed ledger.succeeded"
  ).split(" "),
);

/** @param {unknown} type @param {unknown} body @throws {Malformed} */
export function checkBody(type, body) {
  if (typeof type !== "string") throw new Malformed("a statement without a type");
  const schema = Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type] : undefined;
  if (!schema) {
    if (!LATER.has(type)) throw new Malformed(`a statement of unknown type ${type.slice(0, 40)}`);
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Malformed("a body that is not an object");
    canonical(body);
    return;
  }
  const fields = exactly(body, Object.keys(schema), `the body of ${type}`);
  for (const [name, check] of Object.entries(schema)) check(fields[name]);
}
