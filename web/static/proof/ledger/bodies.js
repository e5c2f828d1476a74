// @ts-check
// The closed set of statement types, and what the body of each must say. A verifier that met a type it
// does not know could not tell what was done to the evidence, so it refuses.

import { Malformed } from "../errors.js";
import {
  code, credentialKey, digest, excerpt, fromOne, fromZero, id, instant, isTrue, items, keyId, members,
  notBefore, objectOf, oneOf, origin, orNull, publicKey, receipt, relyingParty, sha512, sources, year, yesOrNo,
} from "./members.js";
import { DERIVATIVES, EXAMINATION, KIT, OF_PHOTOGRAPHS, OF_RECEIVED, SPECIMENS } from "./types.js";

/** @import { Schema } from "./members.js" */

const SEALED_FILE = { format: code, manifest: digest, number: fromOne, records: fromOne, root: digest, wrap: digest };

const source = oneOf("organisation", "person", "public", "seizure");
const PARTY = objectOf({ organisation: code, person: id, role: code });
const SPECIMEN_SEEN = { intact: yesOrNo, proof: oneOf("account", "link"), seal: code, stored: orNull(yesOrNo) };

/** @type {Record<string, Schema>} */
const SCHEMAS = {
  "recorder.enrolled": { key: publicKey, name: code },
  "recorder.revoked": { key: keyId, reason: code },
  "credential.enrolled": {
    algorithm: oneOf("es256", "eddsa", "rs256"),
    key: credentialKey,
    person: id,
    proof: oneOf("key", "link", "recovery"),
    rp: relyingParty,
  },
  "credential.revoked": { key: keyId, proof: oneOf("center", "key"), reason: code },
  "role.given": { organisation: code, person: id, role: code },
  "role.withdrawn": { person: id, reason: code },
  "policy.changed": { policy: digest },
  "timestamp.renewed": { authority: code, root: digest, size: fromOne, token: sha512 },
  "ledger.succeeded": { origin, root: digest, seen: orNull(fromZero), size: fromZero },
  "interview.opened": { practice: yesOrNo },
  "interview.decided": { consent: oneOf("not-asked", "refused", "withdrawn") },
  "interview.voided": { reason: code },
  "recording.started": {
    header: digest,
    interview: id,
    not_before: notBefore,
    part: fromOne,
    recorder: keyId,
    wrap: digest,
  },
  "recording.progress": { records: fromOne, root: digest },
  "recording.interrupted": { reason: code, records: fromOne, root: digest },
  "recording.sealed": { manifest: digest, records: fromOne, root: digest, state: oneOf("complete", "interrupted") },
  "seal.confirmed": { manifest: digest },
  "photograph.sealed": { ...SEALED_FILE, intimate: yesOrNo },
  "document.sealed": SEALED_FILE,
  "examination.certified": { paper: digest },
  "evidence.received": { ...SEALED_FILE, source },
  "evidence.received-again": { source },
  "evidence.requested": { request: id, until: instant },
  "request.withdrawn": { request: id },
  "derivative.made": { ...SEALED_FILE, kind: oneOf(...Object.keys(DERIVATIVES)), sources },
  "derivative.checked": { accepted: yesOrNo },
  "specimen.taken": {
    kind: oneOf(...SPECIMENS),
    number: fromOne,
    seal: code,
    storage: orNull(oneOf("ambient", "cooled", "dry", "frozen")),
  },
  "specimen.handed-over": {
    ...SPECIMEN_SEEN,
    giver: PARTY,
    handover: id,
    to: objectOf({ organisation: code, role: code }),
    until: instant,
  },
  "specimen.received": { ...SPECIMEN_SEEN, handover: id, receiver: PARTY },
  "specimen.recalled": { handover: id },
  "specimen.link-made": { holder: PARTY },
  "specimen.destroyed": { ...SPECIMEN_SEEN, giver: PARTY, reason: code },
  "specimen.withdrawn": { reason: code },
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
    registry: fromZero,
  },
  "export.ordered": { items, order: id, viewing: yesOrNo },
  "evidence.verified": {
    copy: code,
    damaged: fromZero,
    repaired: fromZero,
    sound: fromZero,
    surplus: fromZero,
  },
  "evidence.rehashed": { algorithm: oneOf("sha-512"), manifest: sha512, records: fromOne, root: sha512 },
  "custody.transferred": { receipt },
  "case.described": {},
  "case.voided": { reason: code },
  "case.given": { person: id },
  "case.withdrawn": { person: id },
  "grant.given": {
    basis: oneOf("consent", "court-order"),
    from: instant,
    grant: id,
    items: orNull(items),
    kind: oneOf("copy", "view"),
    person: id,
    until: instant,
  },
  "grant.accepted": { grant: id },
  "grant.withdrawn": { grant: id, reason: code },
  "copy.authorised": { grant: id },
  "consent.recorded": {
    by: code,
    form: code,
    language: code,
    outcome: oneOf("given", "limited", "refused"),
    subject: code,
  },
  "consent.withdrawn": { by: code, form: code, subject: code },
  "passage.excluded": { excerpt, exclusion: id, reason: code },
  "passage.restored": { exclusion: id, reason: code },
  "retention.set": { kind: code, until: orNull(instant) },
  "hold.placed": { hold: id, reason: code },
  "hold.lifted": { hold: id, reason: code },
  "disposal.authorised": { disposal: id, reason: code },
  "disposal.refused": { disposal: id, reason: code },
  "evidence.disposed": { disposal: id, list: digest, objects: fromZero, pending: fromZero, wraps: fromZero },
  "statistics.viewed": { report: code, year },
  "key.rotated": {
    items: fromZero,
    key: keyId,
    kind: oneOf("vault", "escrow", "ledger"),
    replaces: orNull(keyId),
    state: oneOf("begun", "complete"),
  },
};

/** Members that a body may have or not. @type {Record<string, Schema>} */
const OPTIONAL = {
  "consent.recorded": { ground: code, interpreter: isTrue },
  "evidence.exported": { grant: id, order: id },
  "evidence.viewed": { grant: id },
  "export.ordered": { excluded: isTrue },
  "interview.opened": { earlier: fromOne, follows: id },
  "recording.started": { beside: id, escrow: digest },
  "photograph.sealed": { agreed: yesOrNo, escrow: digest, exam: id },
  "derivative.made": { escrow: digest, intimate: yesOrNo },
  "document.sealed": { corrects: id, escrow: digest, exam: id, form: digest },
  "evidence.received": { escrow: digest, request: id },
  "evidence.received-again": { request: id },
  "exam.opened": { follows: id },
  "specimen.taken": { kit: id },
};

/** @param {unknown} type @param {unknown} body @throws {Malformed} */
export function checkBody(type, body) {
  if (typeof type !== "string") throw new Malformed("a statement without a type");
  const schema = Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type] : undefined;
  if (!schema) throw new Malformed(`a statement of unknown type ${type.slice(0, 40)}`);
  const given = typeof body === "object" && body !== null ? body : {};
  const allowed = Object.hasOwn(OPTIONAL, type) ? OPTIONAL[type] : {};
  const optional = Object.entries(allowed).filter(([name]) => Object.hasOwn(given, name));
  const fields = members(body, { ...schema, ...Object.fromEntries(optional) }, `the body of ${type}`);
  if (type === "derivative.made") checkKind(fields);
  if (type === "document.sealed") checkDocument(fields);
  if (type === "consent.recorded" && fields.ground !== undefined && fields.by === "self") {
    throw new Malformed("a ground of an answer that the person gave alone");
  }
  if (fields.kind === KIT && fields.kit !== undefined) throw new Malformed("a kit in a kit");
}

/** What a derivative's kind says of the rest of its body. @param {Record<string, unknown>} fields */
function checkKind({ kind, format, intimate, sources }) {
  const ofPhotographs = OF_PHOTOGRAPHS.includes(String(kind));
  if (format !== DERIVATIVES[String(kind)]) throw new Malformed("a derivative of another format than its kind has");
  if ((intimate !== undefined) !== ofPhotographs) throw new Malformed("whether it is intimate is said of what is made from photographs, and of nothing else");
  const excerpts = /** @type {{excerpt: unknown}[]} */ (sources).map(({ excerpt }) => excerpt);
  if (ofPhotographs && excerpts.some((one) => one !== null)) throw new Malformed("minutes of a photograph");
  if (OF_RECEIVED.includes(String(kind)) && (excerpts.length !== 1 || excerpts[0] !== null)) throw new Malformed("a copy of anything but one received file, whole");
}

/** The record of an examination, and nothing else, names its form and what it corrects. @param {Record<string, unknown>} fields */
function checkDocument({ corrects, form, format }) {
  if ((form !== undefined) !== (format === EXAMINATION)) throw new Malformed("a form of what is no record of an examination, or none of one");
  if (corrects !== undefined && form === undefined) throw new Malformed("a correction of what is no record of an examination");
}
