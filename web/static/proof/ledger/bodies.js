// @ts-check
// The closed set of statement types, and what the body of each must say. A verifier that met a type it
// does not know could not tell what was done to the evidence, so it refuses.

import { count, exactly } from "../canonical.js";
import { Malformed } from "../errors.js";
import {
  aCode, checkSources, credentialKey, digest, excerpt, fromOne, fromZero, id, instant, isTrue, items, keyId,
  notBefore, oneOf, origin, orNull, publicKey, receipt, relyingParty, sha512, year, yesOrNo,
} from "./members.js";
import { DERIVATIVES, OF_PHOTOGRAPHS } from "./types.js";

/** @import { Check } from "./members.js" */

const SEALED_FILE = { format: aCode, manifest: digest, number: fromOne, records: fromOne, root: digest, wrap: digest };

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
  "ledger.succeeded": { origin, root: digest, seen: orNull(fromZero), size: fromZero },
  "interview.opened": { practice: yesOrNo },
  "interview.decided": { consent: oneOf("not-asked", "refused", "withdrawn") },
  "interview.voided": { reason: aCode },
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
  "exam.opened": {},
  "exam.noted": { injuries: fromZero, regions: fromZero },
  "exam.closed": { missing: fromZero },
  "exam.reported": { paper: digest },
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
  "case.voided": { reason: aCode },
  "case.given": { person: id },
  "case.withdrawn": { person: id },
  "grant.given": {
    basis: oneOf("consent", "court-order"),
    from: (value) => void instant(value, "the beginning of a grant"),
    grant: id,
    items: orNull(items),
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
  "retention.set": { kind: aCode, until: orNull((value) => void instant(value, "the end of keeping")) },
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
    replaces: orNull(keyId),
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
