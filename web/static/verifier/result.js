// @ts-check
// What a verified package says beside its films: the custody history, what was stated when the
// interview was opened, what is not proved, and the fingerprints.

import { failureOf, remarkText } from "./answer.js";
import { toHex } from "../proof/bytes.js";
import { isObject } from "../proof/canonical.js";
import { showCustody } from "../exhibit/custody.js";
import { fileName, partName } from "./names.js";
import { PACKAGE_STEPS } from "../package/verify.js";
import { addFact, element, make } from "../page/elements.js";
import { isolate, makeDigest, momentText, plain, say, word } from "../page/words.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Run } from "../package/run.js" */
/** @import { Verdict } from "../package/verify.js" */

/** @param {Run} run @param {AbortSignal} closing */
export function showResult(run, closing) {
  element("result").hidden = false;
  if (run.end) void show(run, closing);
  else run.addEventListener("over", () => void show(run, closing), { signal: closing });
}

/** @param {Run} run @param {AbortSignal} closing */
async function show(run, closing) {
  const open = unproved(run);
  element("unproved-list").replaceChildren(...open.map((sentence) => make("li", "", sentence)));
  element("unproved").hidden = open.length === 0;
  const { verdict } = run;
  if (!verdict || !historyHolds(run)) return;
  for (const [name, hex] of digests(verdict)) addFact(element("digest-list"), name, makeDigest(hex));
  element("digests").hidden = false;
  showStated(verdict);
  await showHistory(verdict, closing);
}

/** Whether the custody history and its names passed: else nothing of it is shown. @param {Run} run */
export function historyHolds(run) {
  const failure = failureOf(run);
  return !failure || PACKAGE_STEPS.indexOf(failure.step) > PACKAGE_STEPS.indexOf("details");
}

/** What a reader might take for proved and must not. @param {Run} run @returns {string[]} */
export function unproved(run) {
  if (!run.verdict || failureOf(run)) return [];
  const remarks = run.verdict.notProved.map(remarkText);
  return run.registered.by === "file" ? [say("unproved.file"), ...remarks] : remarks;
}

/**
 * Names as details in the package give them, by the position of the statement that commits to them: of that statement
 * and no other. `elsewhere`: by the number of a person, the name and the first position that gives it, for statements
 * without a name of their own (the one that names the package cannot have any in it); not where names differ.
 *
 * @param {Verdict} verdict
 */
function namesIn({ details, statements }) {
  /** @type {Record<string, string>} */
  const names = {};
  /** @type {Record<string, import("../exhibit/custody.js").Named>} */
  const elsewhere = {};
  const several = new Set();
  for (const { position, statement } of statements) {
    const name = details.get(position)?.name;
    if (typeof name !== "string" || name === "") continue;
    names[position] = name;
    const { id } = statement.actor;
    if ((elsewhere[id] ??= { name, position }).name !== name) several.add(id);
  }
  for (const id of several) delete elsewhere[id];
  return { names, elsewhere };
}

/** @param {Verdict} verdict @param {AbortSignal} closing */
async function showHistory(verdict, closing) {
  const { names, elsewhere } = namesIn(verdict);
  const several = verdict.items.length + verdict.files.length + verdict.specimens.size > 1;
  const about = several ? (/** @type {Filed} */ filed) => partOf(verdict, filed) : undefined;
  const files = new Set(verdict.files.map(({ evidence }) => evidence));
  await showCustody({ ...verdict, files }, names, { about, elsewhere, closing });
}

/** Which recording, file or specimen a statement is about, where there are several. @param {Verdict} verdict @param {Filed} filed */
function partOf({ items, files, specimens }, { statement }) {
  const file = files.find(({ evidence }) => evidence === statement.evidence);
  if (file) return fileName(file);
  const specimen = specimens.get(statement.evidence);
  if (specimen) return say("item.specimen", { number: isolate(String(specimen.taken.statement.body.number)) });
  const item = items.find(({ evidence }) => evidence === statement.evidence);
  return item ? partName(item) : say("item.interview");
}

/** @param {Verdict} verdict */
function showStated({ statements, details }) {
  const list = element("stated-facts");
  for (const { statement, position } of statements) {
    const stated = details.get(position);
    if (statement.type !== "interview.opened" || !stated) continue;
    const present = Array.isArray(stated.present) ? stated.present.map(person).filter(Boolean) : [];
    const entries = [["fact.place", stated.place], ["fact.present", present.join(" · ")], ["fact.wish", stated.wish]];
    for (const [code, value] of entries) {
      if (typeof value !== "string" || value === "") continue;
      addFact(list, say(String(code)), make("bdi", "", code === "fact.present" ? value : plain(value)));
    }
  }
  element("stated").hidden = list.childElementCount === 0;
}

/** @param {unknown} one @returns {string} */
function person(one) {
  const { who, role } = isObject(one) ? one : {};
  if (typeof who !== "string") return "";
  return typeof role === "string" && role ? `${isolate(who)} (${word("role", role)})` : isolate(who);
}

/** @param {Verdict} verdict @returns {[string, string][]} */
export function digests({ policy, items, files, checkpoint }) {
  /** @type {[string, string][]} */
  const found = [];
  if (policy) found.push([say("digest.policy"), policy.fingerprint]);
  const exported = (items[0] ?? files[0])?.chain.at(-1)?.statement;
  if (exported) found.push([say("digest.package"), String(exported.body.package)]);
  for (const { header, seal, evidence } of items) {
    found.push([say("digest.manifest.part", { part: header.part }), String(seal.statement.body.manifest)]);
    found.push([say("digest.evidence", { part: header.part }), evidence]);
    if (seal.statement.case) found.push([say("digest.case"), seal.statement.case]);
  }
  for (const file of files) {
    const name = fileName(file);
    found.push([say(file.recipe ? "digest.file.recipe" : "digest.file", { name }), file.description.sha256], [say("digest.evidence.file", { name }), file.evidence]);
    found.push([say("digest.case"), file.header.case]);
  }
  if (checkpoint) {
    const { size, signedAt, root } = checkpoint;
    found.push([say("digest.ledger", { n: size, at: momentText(signedAt) }), toHex(root)]);
  }
  return found.filter(([name, hex], i) => !found.slice(0, i).some(([other, same]) => other === name && same === hex));
}
