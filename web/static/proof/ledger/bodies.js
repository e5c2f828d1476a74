// @ts-check
// The closed set of statement types, and what the body of each must say. A verifier that met a type it
// does not know could not tell what was done to the evidence, so it refuses.

import { fromBase64, fromHex, text } from "../bytes.js";
import { canonical, count, exactly } from "../canonical.js";
import { ed25519Key } from "../ed25519.js";
import { Malformed } from "../errors.js";

/** What a recorder's key signs, and the center's does not. */
export const RECORDER_TYPES = Object.freeze(
  new Set(["recording.started", "recording.progress", "recording.interrupted", "recording.sealed"]),
);

/** Of each kind of file, the statement that seals it. @type {Readonly<Record<import("../recording/file_items.js").FileKind, string>>} */
export const SEALS = Object.freeze({ photograph: "photograph.sealed", document: "document.sealed", derivative: "derivative.made" });
/** What the chain of a photograph, of a document or of a derivative begins with, and no other has. */
export const FILES_SEALED = Object.freeze(new Set(Object.values(SEALS)));

/** What kinds of derivative there are. */
/** @type {Readonly<Record<string, string>>} the format of each */
export const DERIVATIVES = Object.freeze({ "comparison-sheet": "jpeg", "composed-film": "mp4", "contact-sheet": "jpeg", "redacted-film": "mp4", still: "jpeg", transcript: "vtt" });
/** Those of them that people write, and no program makes. */
export const WRITTEN = Object.freeze(["transcript"]);
/** Those of them that are made from photographs and from nothing else: whether one is intimate is stated. */
export const OF_PHOTOGRAPHS = Object.freeze(["comparison-sheet"]);
/** Those of them that a second person looks at before they are relied on. */
export const RELEASED = Object.freeze(["redacted-film", "transcript"]);

/** What the registry consists of: the chain about the deployment itself. No other chain has these. */
export const REGISTRY_TYPES = Object.freeze(
  new Set([
    "recorder.enrolled", "recorder.revoked", "credential.enrolled", "credential.revoked", "role.given",
    "role.withdrawn", "policy.changed", "timestamp.renewed", "key.rotated", "ledger.succeeded",
  ]),
);

const LONGEST_CREDENTIAL_KEY = 2048;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @typedef {(value: unknown) => void} Check */

/** A word for programs: never free text. @param {unknown} value @param {string} what @returns {string} */
export function code(value, what) {
  if (typeof value !== "string" || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(value)) throw new Malformed(`${what} is not a code`);
  return value;
}

/**
 * A time like 2026-11-24T20:15:03.120Z, existing in the calendar.
 *
 * @param {unknown} value @param {string} what @returns {string}
 */
export function instant(value, what) {
  // Date.parse moves days that are not in the calendar into the next month; written again, they differ.
  const at = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString() !== value || /** @type {string} */ (value).startsWith("0000")) {
    throw new Malformed(`${what} is not a time`);
  }
  return /** @type {string} */ (value);
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
const fromZero = (value) => void count(value, "a number in a statement's body");
/** @type {Check} */
const publicKey = (value) => void ed25519Key(fromBase64(value));
/** @type {Check} */
const yesOrNo = (value) => {
  if (typeof value !== "boolean") throw new Malformed("neither true nor false");
};
/** @type {Check} */
const isTrue = (value) => {
  if (value !== true) throw new Malformed("not true");
};
/** @type {Check} */
const keyId = (value) => void fromHex(value, 8);
/** @type {Check} */
const id = (value) => void fromHex(value, 16);
/** @type {Check} */
const sha512 = (value) => void fromHex(value, 64);
/** @type {(...words: string[]) => Check} */
const oneOf = (...words) => (value) => {
  if (!words.includes(/** @type {string} */ (value))) throw new Malformed(`none of ${words.join(", ")}`);
};
/** @type {Check} */
const credentialKey = (value) => {
  const { length } = fromBase64(value);
  if (length < 1 || length > LONGEST_CREDENTIAL_KEY) throw new Malformed("a credential's key of another length");
};
/** @type {Check} */
const relyingParty = (value) => {
  if (typeof value !== "string" || !/^[a-z0-9.-]{1,253}$/.test(value)) throw new Malformed("not a host name");
};
/** @type {Check} */
const excerpt = (value) => {
  if (value === null) return;
  const { from, to } = exactly(value, ["from", "to"], "an excerpt");
  if (count(to, "an excerpt's end") <= count(from, "an excerpt's start")) throw new Malformed("an excerpt of nothing");
};
/** @type {Check} */
const receipt = (value) => {
  const fields = exactly(value, ["at", "key", "organisation", "outcome", "package", "signature"], "a receipt");
  instant(fields.at, "a receipt's time");
  publicKey(fields.key);
  code(fields.organisation, "a receipt's organisation");
  oneOf("intact", "consistent")(fields.outcome);
  digest(fields.package);
  if (fromBase64(fields.signature).length !== 64) throw new Malformed("a receipt's signature is not 64 bytes");
};
/** @type {Check} */
const notBefore = (value) => {
  const { root, size } = exactly(value, ["root", "size"], "not_before");
  digest(root);
  count(size, "not_before's size");
};

/** What a center's ledgers are called: its deployment, and a number from the second one on. */
export const ORIGIN = /^amana\/([0-9a-f]{32})(?:\/([2-9]|[1-9][0-9]{1,3}))?$/;

/** @type {Check} */
const origin = (value) => {
  if (typeof value !== "string" || !ORIGIN.test(value)) throw new Malformed("not the name of a center's ledger");
};
/** @type {Check} */
const sizeOrNull = (value) => {
  if (value !== null) fromZero(value);
};

const MOST_ITEMS = 200; // that one grant or one order names, or one derivative is made from

/** @type {Check} */
const items = (value) => {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_ITEMS) throw new Malformed("no items, or too many");
  for (const item of value) {
    const fields = exactly(item, ["evidence", "excerpt"], "an item");
    id(fields.evidence);
    excerpt(fields.excerpt);
  }
};
/**
 * What evidence something was made from: each excerpt once, and evidence under its one manifest.
 *
 * @type {Check}
 */
export const checkSources = (value) => {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_ITEMS) throw new Malformed("no sources, or too many");
  const spoken = new Set();
  /** @type {Map<unknown, unknown>} */
  const manifests = new Map();
  for (const source of value) {
    const fields = exactly(source, ["evidence", "excerpt", "manifest"], "a source");
    id(fields.evidence);
    excerpt(fields.excerpt);
    digest(fields.manifest);
    spoken.add(text(canonical(source)));
    if ((manifests.get(fields.evidence) ?? fields.manifest) !== fields.manifest) throw new Malformed("evidence under two manifests");
    manifests.set(fields.evidence, fields.manifest);
  }
  if (spoken.size < value.length) throw new Malformed("a source twice");
};
/** @type {Check} */
const year = (value) => {
  const given = count(value, "a year");
  if (given < 1000 || given > 9999) throw new Malformed("not a year of four digits");
};
const SEALED_FILE = { format: aCode, manifest: digest, records: fromOne, root: digest, wrap: digest };

/** @type {Record<string, Record<string, Check>>} */
const SCHEMAS = {
  "recorder.enrolled": { key: publicKey, name: aCode },
  "recorder.revoked": { key: keyId, reason: aCode },
  "credential.enrolled": {
    algorithm: oneOf("es256", "eddsa", "rs256"),
    key: credentialKey,
    person: id,
    proof: oneOf("key", "link", "recovery"),
    rp: relyingParty,
  },
  "credential.revoked": { key: keyId, proof: oneOf("center", "key"), reason: aCode },
  "role.given": { organisation: aCode, person: id, role: aCode },
  "role.withdrawn": { person: id, reason: aCode },
  "policy.changed": { policy: digest },
  "timestamp.renewed": { authority: aCode, root: digest, size: fromOne, token: sha512 },
  "ledger.succeeded": { origin, root: digest, seen: sizeOrNull, size: fromZero },
  "interview.opened": { practice: yesOrNo },
  "recording.started": {
    header: digest,
    interview: id,
    not_before: notBefore,
    part: fromOne,
    recorder: keyId,
    wrap: digest,
  },
  "recording.progress": { records: fromOne, root: digest },
  "recording.interrupted": { reason: aCode, records: fromOne, root: digest },
  "recording.sealed": { manifest: digest, records: fromOne, root: digest, state: oneOf("complete", "interrupted") },
  "seal.confirmed": { manifest: digest },
  "photograph.sealed": { ...SEALED_FILE, intimate: yesOrNo },
  "document.sealed": SEALED_FILE,
  "derivative.made": { ...SEALED_FILE, kind: oneOf(...Object.keys(DERIVATIVES)), sources: checkSources },
  "derivative.checked": { accepted: yesOrNo },
  "photographs.viewed": { count: fromOne },
  "intimate.requested": { request: id },
  "intimate.approved": { person: id, request: id },
  "intimate.refused": { person: id, request: id },
  "exam.opened": { figure: aCode },
  "exam.noted": { injuries: fromZero },
  "exam.closed": { missing: fromZero },
  "evidence.viewed": {},
  "evidence.exported": {
    excerpt,
    package: digest,
    registry: (value) => void count(value, "a number in the registry"),
  },
  "export.ordered": { items, order: id, viewing: yesOrNo },
  "evidence.verified": {
    copy: aCode,
    damaged: fromZero,
    repaired: fromZero,
    sound: fromZero,
    surplus: fromZero,
  },
  "evidence.rehashed": { algorithm: oneOf("sha-512"), manifest: sha512, records: fromOne, root: sha512 },
  "custody.transferred": { receipt },
  "case.described": {},
  "case.given": { person: id },
  "case.withdrawn": { person: id },
  "grant.given": {
    basis: oneOf("consent", "court-order"),
    from: (value) => void instant(value, "the beginning of a grant"),
    grant: id,
    items: (value) => void (value === null || items(value)),
    kind: oneOf("copy", "view"),
    person: id,
    until: (value) => void instant(value, "the end of a grant"),
  },
  "grant.accepted": { grant: id },
  "grant.withdrawn": { grant: id, reason: aCode },
  "copy.authorised": { grant: id },
  "consent.recorded": {
    by: aCode,
    form: aCode,
    language: aCode,
    outcome: oneOf("given", "limited", "refused"),
    subject: aCode,
  },
  "consent.withdrawn": { by: aCode, form: aCode, subject: aCode },
  "passage.excluded": { excerpt, exclusion: id, reason: aCode },
  "passage.restored": { exclusion: id, reason: aCode },
  "retention.set": { kind: aCode, until: (value) => void (value === null || instant(value, "the end of keeping")) },
  "hold.placed": { hold: id, reason: aCode },
  "hold.lifted": { hold: id, reason: aCode },
  "disposal.authorised": { disposal: id, reason: aCode },
  "disposal.refused": { disposal: id, reason: aCode },
  "evidence.disposed": { disposal: id, list: digest, objects: fromZero, pending: fromZero, wraps: fromZero },
  "statistics.viewed": { report: aCode, year },
  "key.rotated": {
    items: fromZero,
    key: keyId,
    kind: oneOf("vault", "escrow", "ledger"),
    replaces: (value) => void (value === null || keyId(value)),
    state: oneOf("begun", "complete"),
  },
};

/** Members that a body may have or not. @type {Record<string, Record<string, Check>>} */
const OPTIONAL = {
  "evidence.exported": { grant: id, order: id },
  "evidence.viewed": { grant: id },
  "export.ordered": { excluded: isTrue },
  "interview.opened": { earlier: fromOne, follows: id },
  "recording.started": { beside: id, escrow: digest },
  "photograph.sealed": { agreed: yesOrNo, escrow: digest, exam: id },
  "derivative.made": { escrow: digest, intimate: yesOrNo },
  "document.sealed": { escrow: digest, exam: id },
  "exam.opened": { follows: id },
};

/** @param {unknown} type @param {unknown} body @throws {Malformed} */
export function checkBody(type, body) {
  if (typeof type !== "string") throw new Malformed("a statement without a type");
  const schema = Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type] : undefined;
  if (!schema) throw new Malformed(`a statement of unknown type ${type.slice(0, 40)}`);
  const given = typeof body === "object" && body !== null ? body : {};
  const allowed = Object.hasOwn(OPTIONAL, type) ? OPTIONAL[type] : {};
  const optional = Object.entries(allowed).filter(([name]) => Object.hasOwn(given, name));
  const checks = [...Object.entries(schema), ...optional];
  const fields = exactly(body, checks.map(([name]) => name), `the body of ${type}`);
  for (const [name, check] of checks) check(fields[name]);
  if (type === "derivative.made") checkKind(fields);
}

/** What a derivative's kind says of the rest of its body. @param {Record<string, unknown>} fields */
function checkKind({ kind, format, intimate, sources }) {
  const ofPhotographs = OF_PHOTOGRAPHS.includes(String(kind));
  if (format !== DERIVATIVES[String(kind)]) throw new Malformed("a derivative of another format than its kind has");
  if ((intimate !== undefined) !== ofPhotographs) throw new Malformed("whether it is intimate is said of what is made from photographs, and of nothing else");
  if (ofPhotographs && /** @type {{excerpt: unknown}[]} */ (sources).some((one) => one.excerpt !== null)) throw new Malformed("minutes of a photograph");
}
