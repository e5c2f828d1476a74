// @ts-check
// What a report points out, and what it says is *not* proved: the same codes as the other verifier's, with what each
// names. Without them a report would claim too much. The sentences are the page's.
//
// Specification: docs/spec/court-package.md.

import { OF_PHOTOGRAPHS, RELEASED, SPECIMEN_TYPES, WRITTEN } from "../proof/ledger/types.js";
import { newestCheck } from "../proof/ledger/chains.js";
import { wholeWitnesses } from "../proof/ledger/cosignatures.js";
import { signedBy } from "../proof/ledger/signatures.js";
import { ascending } from "./paths.js";
import { clock } from "../proof/recording/records.js";
import { latest } from "../proof/time/timestamps.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Registry } from "../proof/ledger/registry.js" */
/** @import { Times } from "./history.js" */
/** @import { Cover } from "../proof/time/timestamps.js" */
/** @import { Item, Remark } from "./verify.js" */
/**
 * Everything proved, to be remarked upon.
 *
 * @typedef {object} Found
 * @property {boolean} registered @property {import("../proof/ledger/policy.js").TrustPolicy} policy
 * @property {import("../proof/ledger/cosignatures.js").Witnessing} witnessing @property {Registry} registry
 * @property {Filed[]} statements in the ledger's order @property {Item[]} items by interview and part
 * @property {import("./verify.js").FileItem[]} files as they were sealed
 * @property {ReadonlyMap<string, import("../proof/ledger/specimens.js").Custody>} specimens in the order in which they were taken
 * @property {Times} times @property {ReadonlyMap<number, unknown>} details @property {boolean} documents
 */

const SLACK = 60_000; // ms between a timeline's beginning and the statement of it that need no remark

/** What no package proves. */
const ALWAYS = ["time.acts", "later", "keys.stolen", "films.listed", "sheets"];
/** What none with a recording does. */
const OF_RECORDINGS = ["time.begun", "interview.rest", "camera"];

const GRAVEST_FIRST = Object.freeze([
  ...["origin", "witness.none", "witness.not-asked", "parties.independent", "keys.trial", "persons.unsigned"],
  ...["persons.credential", "persons.role", "interrupted", "excerpt.rest", "excerpt.progress", "excerpt.rehashed", "parts.missing", "parts.missing-one"],
  "parts.beside",
  ...["parts.other", "files.other", "time.none", "files.time", "time.begun", "time.acts", "files.looked", "files.origin", "files.records", "files.received"],
  ...["derivatives.made", "derivatives.written", "derivatives.scale", "derivatives.unchecked", "derivatives.sources", "derivatives.digest"],
  ...["specimens.objects", "specimens.links", "specimens.other"],
  ...["details.missing", "details.word", "later"],
  ...["interview.rest", "keys.stolen", "documents", "films.listed", "sheets", "camera"],
]);

/** @param {string} code @param {Remark["values"]} [values] @returns {Remark} */
const remark = (code, values = {}) => ({ code, values });

/** Whether a person did it, for whom the center's key signed. @param {Filed} filed */
const byAPerson = ({ statement }) => statement.actor.role !== "system" && !statement.type.startsWith("recording.");

/** What a reader might take for proved and must not, gravest first. @param {Found} found @returns {Remark[]} */
export function unproved(found) {
  const remarks = [
    ...aboutOrigin(found),
    ...aboutPersons(found),
    ...aboutParts(found),
    ...aboutFiles(found),
    ...aboutSpecimens(found),
    ...aboutPapers(found),
    ...ALWAYS.map((code) => remark(code)),
    ...(found.items.length > 0 ? OF_RECORDINGS.map((code) => remark(code)) : []),
  ];
  return remarks.sort((a, b) => GRAVEST_FIRST.indexOf(a.code) - GRAVEST_FIRST.indexOf(b.code));
}

/** @param {Found} found */
function* aboutOrigin({ registered, witnessing, policy }) {
  if (!registered) yield remark("origin");
  if (wholeWitnesses(policy, witnessing).size === 0) yield remark("witness.none");
  else if (policy.quorum === "none") yield remark("witness.not-asked");
  if (policy.witnesses.size > 0 || policy.authorities.size > 0) yield remark("parties.independent");
  if (policy.trial) yield remark("keys.trial");
}

/** @param {Found} found */
function* aboutPersons({ statements, registry }) {
  const acts = statements.filter(byAPerson);
  const signed = acts.filter(({ signatures }) => signedBy(signatures, registry.keys) === "person").length;
  if (signed < acts.length) yield remark("persons.unsigned", { count: acts.length - signed });
  if (signed > 0) yield remark("persons.credential");
  const unsaid = acts.filter(({ statement }) => registry.history(statement.actor.id).length === 0).length;
  if (unsaid > 0) yield remark("persons.role", { count: unsaid });
}

/** @param {Found} found */
function* aboutParts({ items, times }) {
  for (const item of items) {
    const { header: { part }, manifest, excerpt, records, chain, seal } = item;
    if (excerpt) {
      yield remark("excerpt.rest", { part, records: records.length, all: manifest.records });
      yield remark("excerpt.progress", { part });
      if (chain.some(({ statement }) => statement.type === "evidence.rehashed")) yield remark("excerpt.rehashed", { part });
    } else if (manifest.state === "interrupted" && !isSafety(item)) {
      yield remark("interrupted", { part, time: clock(endOf(records)) });
    }
    if (coversOf(times, seal).length === 0) yield remark("time.none", { part });
  }
  const interviews = new Set(items.map(({ header }) => header.interview));
  for (const whole of interviews) {
    const interview = whole.slice(0, 8);
    const here = items.filter(({ header }) => header.interview === whole);
    const own = here.filter((one) => !isSafety(one));
    let due = 1;
    for (const { header: { part } } of own) {
      if (part - due === 1) yield remark("parts.missing-one", { interview, first: due, part });
      else if (part > due) yield remark("parts.missing", { interview, first: due, last: part - 1, part });
      due = part + 1;
    }
    const numbers = new Set(own.map(({ header }) => header.part));
    for (const part of ascending(new Set(here.map(({ header }) => header.part)))) {
      if (!numbers.has(part)) yield remark("parts.beside", { interview, part });
    }
    yield remark("parts.other", { interview, parts: here.map(heldAs).join(", ") });
  }
}

/** @param {Found} found */
function* aboutFiles({ files: all }) {
  const files = all.filter(({ recipe }) => !recipe);
  if (files.length > 0) {
    yield remark("files.other", { count: files.length });
    yield remark("files.origin");
  }
  const records = files.filter(({ examination }) => examination !== null).length;
  if (records > 0) yield remark("files.records", { count: records });
  const received = files.filter(({ kind }) => kind === "received").length;
  if (received > 0) yield remark("files.received", { count: received });
  const unstamped = all.filter(({ covers }) => covers.length === 0).length;
  if (unstamped > 0) yield remark("files.time", { count: unstamped });
  if (files.some(({ kind }) => kind === "photograph")) yield remark("files.looked");
  const derived = all.filter(({ recipe }) => recipe);
  const written = derived.filter(({ recipe }) => WRITTEN.includes(recipe?.kind ?? "")).length;
  if (derived.length > written) yield remark("derivatives.made", { count: derived.length - written });
  if (written > 0) yield remark("derivatives.written", { count: written });
  const scaled = derived.filter(({ recipe }) => OF_PHOTOGRAPHS.includes(recipe?.kind ?? "")).length;
  if (scaled > 0) yield remark("derivatives.scale", { count: scaled });
  if (derived.length > 0) yield remark("derivatives.digest", { count: derived.length });
  const unchecked = derived.filter(({ recipe, chain }) => RELEASED.includes(recipe?.kind ?? "") && !newestCheck(chain)).length;
  if (unchecked > 0) yield remark("derivatives.unchecked", { count: unchecked });
  const missing = new Set(derived.flatMap(({ sources }) => sources).filter(({ here }) => here !== "all").map(({ evidence }) => evidence));
  if (missing.size > 0) yield remark("derivatives.sources", { count: missing.size });
}

/** @param {Found} found */
function* aboutSpecimens({ specimens, statements }) {
  const count = specimens.size;
  if (count === 0) return;
  const links = statements.filter(({ statement: { type, body } }) => SPECIMEN_TYPES.has(type) && body.proof === "link").length;
  yield remark("specimens.objects", { count });
  if (links > 0) yield remark("specimens.links", { count: links });
  yield remark("specimens.other", { count });
}

/** Whether the room's browser made it. @param {Item} item */
export const isSafety = ({ chain }) => chain[0].statement.body.beside !== undefined;

/** @param {Item} item */
const heldAs = (item) => `${isSafety(item) ? "safety recording of " : ""}part ${item.header.part}`;

/** @param {Found} found */
function* aboutPapers({ statements, details, documents }) {
  const committed = statements.filter(({ statement }) => statement.details !== null).length;
  if (committed > details.size) yield remark("details.missing", { count: committed - details.size });
  if (details.size > 0) yield remark("details.word");
  if (documents) yield remark("documents");
}

/** What is no alteration, and a court should know. @param {Found} found @returns {Remark[]} */
export function findings(found) {
  return [...aboutClocks(found), ...betweenParts(found.items), ...aboutRoles(found), ...aboutPolicy(found), ...aboutKeys(found), ...aboutRefused(found), ...specimensSeen(found)];
}

/** @param {Found} found */
function* aboutClocks({ statements, times, items }) {
  for (const { position, statement } of statements) {
    const by = times.ahead.get(position);
    if (by === undefined) continue;
    const covering = times.stamps.filter(({ size }) => position < size);
    const earliest = covering.reduce((a, b) => (latest(b.token) < latest(a.token) ? b : a));
    yield remark("clock.ahead", { position, at: statement.at, authority: earliest.authority, seconds: Math.ceil(by / 1000) });
  }
  // A safety recording is stated when it is imported, with the time at which it began; an act that its person
  // signed, when they had signed, with the time at which it was laid before them.
  const timed = statements.filter(
    ({ statement, signatures }) => statement.body.beside === undefined && !signatures.some(({ kind }) => kind === "webauthn"),
  );
  const backwards = timed.filter(({ statement }, i) => i > 0 && statement.at < timed[i - 1].statement.at);
  if (backwards[0]) yield remark("clock.backwards", { count: backwards.length, position: backwards[0].position });
  for (const { header, chain } of items) {
    const stated = chain[0].statement.at;
    if (Math.abs(Date.parse(header.epoch) - Date.parse(stated)) <= SLACK) continue;
    const film = `${header.epoch.slice(0, 19).replace("T", " ")} UTC`;
    yield remark("clock.film", { part: header.part, film, stated });
  }
}

/** What is between two parts of an interview that follow each other. @param {Item[]} items */
function* betweenParts(items) {
  const parts = items.filter((one) => !isSafety(one));
  for (const [i, after] of parts.entries()) {
    const before = parts[i - 1];
    if (!before || before.header.interview !== after.header.interview) continue;
    const numbers = { before: before.header.part, part: after.header.part };
    const position = (/** @type {Item} */ { chain }) => chain[0].position;
    if (position(after) < position(before)) yield remark("parts.order", numbers);
    if (before.excerpt || after.excerpt) continue; // what was cut away is no pause
    const begins = Date.parse(after.header.epoch) - Date.parse(before.header.epoch);
    const pause = begins * 1000 - endOf(before.records);
    const tenths = Math.floor((Math.abs(pause) + 50_000) / 100_000); // halves up, in whole numbers: as in Python
    const seconds = `${Math.floor(tenths / 10)}.${tenths % 10}`;
    if (pause < 0) yield remark("parts.overlap", { seconds, ...numbers });
    else yield remark(numbers.part === numbers.before + 1 ? "parts.pause" : "parts.hole", { seconds, ...numbers });
  }
}

/** Roles that statements give and the registry does not; where it is silent, `unproved` says so. @param {Found} found */
function* aboutRoles({ statements, registry }) {
  for (const filed of statements) {
    const { actor } = filed.statement;
    if (!byAPerson(filed) || registry.history(actor.id).length === 0) continue;
    const held = registry.role(actor.id, filed.position);
    const values = { position: filed.position, stated: actor.role };
    if (!held) yield remark("role.none", values);
    else if (held.role !== actor.role || held.organisation !== actor.organisation) yield remark("role.other", { ...values, role: held.role });
  }
}

/** A center that replaced its policy must not use the former any more. @param {Found} found */
function* aboutPolicy({ statements, policy }) {
  const stated = statements.filter(({ statement }) => statement.type === "policy.changed").at(-1);
  const fingerprint = stated?.statement.body.policy;
  if (stated && fingerprint !== policy.fingerprint) yield remark("policy.other", { position: stated.position, fingerprint });
}

/** Of the keys that signed here: which were revoked, which no earlier key confirmed. @param {Found} found */
function* aboutKeys({ statements, registry, policy }) {
  const others = statements.filter(({ statement }) => statement.evidence !== policy.deployment);
  const used = new Set(others.flatMap(({ signatures }) => signatures.map(({ key }) => key)));
  for (const [key, { enrolled, revoked = null, basis = "first" }] of [...registry.keys].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (used.has(key) && revoked !== null) yield remark("key.revoked", { key, position: revoked });
    if (used.has(key) && enrolled !== null && basis !== "first") yield remark(`key.${basis}`, { key, position: enrolled });
  }
}

/** @param {Found} found */
function* aboutRefused({ files }) {
  for (const { evidence, chain } of files) {
    const checked = newestCheck(chain);
    if (checked && !checked.statement.body.accepted) yield remark("derivative.refused", { evidence: evidence.slice(0, 8), position: checked.position });
  }
}

/** Of each specimen: seals that were not intact, storage that was not as asked, a handover without receipt. @param {Found} found */
function* specimensSeen({ specimens, statements }) {
  for (const [evidence, { taken, pending }] of specimens) {
    const specimen = taken.statement.body.number;
    for (const { position, statement } of statements.filter((one) => one.statement.evidence === evidence)) {
      if (statement.body.intact === false) yield remark("specimen.seal", { specimen, position });
      if (statement.body.stored === false) yield remark("specimen.storage", { specimen, position });
      if (statement.type === "specimen.link-made") yield remark("specimen.link", { specimen, position });
    }
    if (pending) yield remark("specimen.pending", { specimen, position: pending.position });
  }
}

/** @param {Times} times @param {Filed} seal @returns {readonly Cover[]} */
export const coversOf = (times, seal) => times.covers.get(seal.position) ?? [];

/** Where the last track ends. @param {readonly import("../proof/recording/records.js").FilmRecord[]} records @returns {number} µs */
export function endOf(records) {
  return records.reduce((end, { kind, start, duration }) => (kind === "media" ? Math.max(end, start + duration) : end), 0);
}
