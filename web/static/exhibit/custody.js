// @ts-check
// The custody history: one sentence, and on demand every entry as a sentence, with its proof one click away. What the
// ledger says of the center itself (keys, roles, policy) is apart.
//
// What is proved of a statement: its bytes, its signature, its place. The person's name is not in it (it is kept
// under a key that can be destroyed); the server gives it, and without it the person's number is shown.

import { toBase64, toHex, utf8 } from "../proof/bytes.js";
import { statementKeyId } from "../proof/ledger/statements.js";
import { SPECIMEN_TYPES } from "../proof/ledger/types.js";
import { addFact, element, make } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { isolate, known, makeDigest, momentText, say, word } from "../page/words.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/**
 * `files`: evidence ids of files (`FileKind`), where there may be some.
 *
 * @typedef {Pick<import("./checks.js").Proved, "statements" | "keys"> & {files?: ReadonlySet<string>}} Statements
 */
/** What the whole history is of. @typedef {Statements & {policy: import("../proof/ledger/policy.js").TrustPolicy | null}} Whole */
/** A name that a statement at `position` gives. @typedef {{name: string, position: number}} Named */

/**
 * @param {Statements} proved @param {Record<string, string>} names by position in the ledger, or by the person's number
 * @param {((filed: Filed) => string) | undefined} about what each is about, where they are about several things
 * @param {Record<string, Named>} elsewhere by the person's number, the name in another statement, shown as such
 * @returns {Promise<HTMLLIElement[]>}
 */
async function history(proved, names, about, elsewhere) {
  const lines = [];
  for (const filed of proved.statements) {
    const { type, evidence, actor: { id } } = filed.statement;
    const sameKind = (/** @type {Filed} */ { statement: one }) => one.type === type && one.evidence === evidence;
    const run = type === "recording.progress" ? proved.statements.filter(sameKind) : [filed];
    if (filed !== run.at(-1)) continue; // the progress of a recording is one line, at its last
    const item = await line(filed, proved, names[filed.position] ?? names[id] ?? elsewhere[id], run.length);
    if (about) item.firstElementChild?.append(` · ${about(filed)}`);
    lines.push(item);
  }
  return lines;
}

/**
 * Shows it on a page that has `custody.html`.
 *
 * @param {Whole} source @param {Record<string, string>} names as of `history`
 * @param {{about?: (filed: Filed) => string, elsewhere?: Record<string, Named>, closing?: AbortSignal}} [more] as of
 *   `history`; once it is `closing`, nothing is shown
 */
export async function showCustody(source, names, { about, elsewhere = {}, closing } = {}) {
  const aboutCenter = (/** @type {Filed} */ { statement }) => statement.evidence === source.policy?.deployment;
  const registry = source.statements.filter(aboutCenter);
  const custody = source.statements.filter((filed) => !aboutCenter(filed));
  const lines = await history({ ...source, statements: custody }, names, about, elsewhere);
  const center = await history({ ...source, statements: registry }, names, undefined, elsewhere);
  if (closing?.aborted) return;
  element("custody-sentence").textContent = inOne(custody, lines.at(-1));
  element("history").replaceChildren(...lines);
  element("registry-history").replaceChildren(...center);
  element("registry-title").textContent = say("registry", { n: registry.length });
  element("registry").hidden = registry.length === 0;
  element("custody").hidden = false;
}

/**
 * When it was sealed, how many people have opened it, how many packages were made of it, and the last entry.
 *
 * @param {readonly Filed[]} custody proved @param {HTMLElement | undefined} last
 */
function inOne(custody, last) {
  const of = (/** @type {string} */ type) => custody.filter(({ statement }) => statement.type === type);
  const [sealed, ...others] = of("recording.sealed");
  const people = new Set(of("evidence.viewed").map(({ statement }) => statement.actor.id)).size;
  const packages = of("evidence.exported").length;
  return [
    ...(sealed && others.length === 0 ? [say("custody.sealed", { at: momentText(new Date(sealed.statement.at)) })] : []),
    people > 0 ? say("custody.opened", { n: people }) : say("custody.unopened"),
    ...(packages > 0 ? [say("custody.exported", { n: packages })] : []),
    ...(last ? [say("custody.last", { when: last.children[0]?.textContent, what: last.children[1]?.textContent })] : []),
  ].join(" ");
}

/** @param {Filed} filed @param {Statements} proved @param {string | Named | undefined} name @param {number} count */
async function line(filed, proved, name, count) {
  const { statement } = filed;
  const when = make("p", "history-when quiet", momentText(new Date(statement.at)));
  const ofFile = proved.files?.has(statement.evidence) ?? false;
  const what = make("p", "history-what", sentenceOf(filed, name, count, ofFile));
  return make("li", "", when, what, await proof(filed, proved));
}

/** Who, with a name only where one was stated for this very act. @param {Filed} filed @param {string | Named | undefined} name */
function doer({ statement: { actor } }, name) {
  const role = word("role", actor.role);
  if (typeof name === "string" && name) return say("who.named", { name: isolate(name), role });
  const id = isolate(actor.id.slice(0, 8));
  if (typeof name !== "object") return say("who.unnamed", { role, id });
  return say("who.elsewhere", { role, id, name: isolate(name.name), position: name.position });
}

/** @param {Filed} filed @param {string | Named | undefined} name @param {number} count @param {boolean} ofFile */
function sentenceOf(filed, name, count, ofFile) {
  const { type, purpose, body } = filed.statement;
  if (type === "evidence.verified") return copyRead(body);
  if (SPECIMEN_TYPES.has(type)) return specimenText(filed, name);
  const record = body.corrects ? "correction" : "record";
  const kind = type === "document.sealed" && body.form ? record : type === "derivative.made" ? body.kind : body.proof ? body.proof : body.accepted ? "accepted" : body.excerpt ? "excerpt" : body.excluded ? "excluded" : type === "interview.decided" ? body.consent : purpose;
  const special = `did.${type}.${kind}`;
  const codes = [special, `did.${type}`];
  if (ofFile) codes.unshift(`${special}.file`, `did.${type}.file`);
  const code = codes.find(known) ?? "did.other";
  const sentence = say(code, {
    who: doer(filed, name),
    name: isolate(String(body.name ?? "")),
    n: type === "recording.progress" ? count : (body.count ?? body.records ?? body.injuries ?? body.missing),
    reason: word("reason", body.reason),
    purpose: word("purpose", purpose),
    type: isolate(type),
    person: isolate(String(body.person ?? "").slice(0, 8)),
    role: word("role", body.role),
    source: word("source", body.source),
    court: isolate(String(body.receipt?.organisation ?? "")),
    from: timecode(Number(body.excerpt?.from ?? 0)),
    to: timecode(Number(body.excerpt?.to ?? 0)),
  });
  // It may begin with a role, which elsewhere is within a sentence.
  return sentence.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

/** What was done to a specimen, and what was found of its seal and storage. @param {Filed} filed @param {string | Named | undefined} name */
function specimenText(filed, name) {
  const { type, body } = filed.statement;
  const done = say(`did.${type}`, {
    who: doer(filed, name),
    giver: partyText(body.giver),
    receiver: partyText(body.receiver ?? body.to ?? body.holder),
    kind: word("specimen", body.kind),
    number: isolate(String(body.number ?? "")),
    seal: isolate(String(body.seal ?? "")),
    reason: word("reason", body.reason),
  });
  const found = [
    ...(body.intact === false ? ["broken"] : []),
    ...(typeof body.stored === "boolean" ? [body.stored ? "stored" : "not-stored"] : []),
    ...(body.proof === "link" ? ["link"] : []),
  ];
  const sentence = [done, ...found.map((what) => say(`did.specimen.${what}`))].join(" ");
  return sentence.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

/** @param {{organisation: string, role: string} | undefined} party */
const partyText = (party) => say("who.party", { role: word("role", party?.role ?? ""), organisation: word("organisation", party?.organisation ?? "") });

/**
 * What was found when a copy was read again. That all of it was read, is said of a clean one alone.
 *
 * @param {Record<string, any>} body
 */
function copyRead({ copy, damaged, repaired, sound, surplus }) {
  const values = { copy: word("copy", copy), n: sound };
  if (!damaged && !repaired && !surplus) return say("did.evidence.verified", values);
  const found = Object.entries({ repaired, damaged, surplus }).filter(([, n]) => n > 0);
  return [say("did.evidence.verified.read", values), ...found.map(([what, n]) => say(`did.evidence.verified.${what}`, { n }))].join(" ");
}

/** @param {Filed} filed @param {Statements} proved */
async function proof(filed, proved) {
  const { statement, signatures, position } = filed;
  const facts = make("dl", "digest-list");
  const add = (/** @type {string} */ code, /** @type {Node} */ value) => addFact(facts, say(code), value);
  add("proof.position", make("span", "numeral", String(position)));
  add("proof.number", make("span", "numeral", String(statement.number)));
  add("proof.leaf", makeDigest(toHex(filed.hash)));
  if (statement.previous) add("proof.previous", makeDigest(statement.previous));
  for (const { key } of signatures) {
    const held = proved.keys.get(key);
    add("proof.key", makeDigest(held ? await statementKeyId(held.public) : key));
  }
  add("proof.actor", makeDigest(statement.actor.id));
  const leaf = save(`${position}.json`, "application/json", filed.leaf, say("proof.statement"));
  const path = save(`${position}.tlog-proof`, "text/plain", utf8(filed.proof), say("proof.file"));
  const by = make("p", "quiet", say(`proof.signed.${signer(filed)}`));
  return make("details", "history-proof", make("summary", "", say("proof")), by, facts, make("p", "history-files", leaf, " · ", path));
}

/** @param {Filed} filed @returns {"recorder" | "person" | "system" | "center"} */
function signer({ statement, signatures }) {
  if (statement.type.startsWith("recording.")) return "recorder";
  if (signatures.some(({ kind }) => kind === "webauthn")) return "person";
  return statement.actor.role === "system" ? "system" : "center";
}

/** @param {string} file @param {string} type @param {Bytes} content @param {string} text */
function save(file, type, content, text) {
  const link = make("a", "", text);
  link.download = file;
  link.href = `data:${type};base64,${toBase64(content)}`;
  return link;
}
