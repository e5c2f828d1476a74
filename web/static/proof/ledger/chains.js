// @ts-check
// The statements of a recording or of a whole package: in the ledger, signed by whom they must be, without a hole.
//
// Called in this order; what a later one relies on, an earlier one has proved. That no branch and no later
// statement exists is not proved here, nor can it be without a witness of the ledger.
//
// Specification: docs/spec/court-package.md, docs/spec/statement.md.

import { equal, toHex } from "../bytes.js";
import {
  EXAMINATION, FILE_NAMES, FILES_SEALED, RECORDER_TYPES, REGISTRY_TYPES, SEALS, SPECIMEN_TYPES,
} from "./types.js";
import { witnessed } from "./cosignatures.js";
import { inOrder, located, NotProved } from "../errors.js";
import { leafHash, verifyInclusion } from "../merkle.js";
import { openCheckpoint } from "./notes.js";
import { Registry } from "./registry.js";
import { checkSheet } from "./sheets.js";
import { parseLeaf, verifyStatement } from "./statements.js";

/** @import { Witnessing } from "./cosignatures.js" */
/** @import { FileKind } from "../recording/file_items.js" */
/** @import { OpenedCheckpoint } from "./notes.js" */
/** @import { TrustPolicy } from "./policy.js" */
/** @import { TlogProof } from "./tlog_proof.js" */
/** @import { SignedStatement } from "./statements.js" */
/** @typedef {{position: number, leaf: Bytes, hash: Bytes, proof: string}} Placed a leaf at its place in the ledger */
/** @typedef {SignedStatement & Placed} Filed a statement there */
/**
 * Proved chains, each from number 0.
 *
 * @typedef {object} Chains
 * @property {Map<string, Filed[]>} items by evidence id
 * @property {Map<string, Filed[]>} interviews by interview id
 * @property {Map<string, Filed[]>} specimens by specimen id
 * @property {Filed[]} registry the statements about the deployment itself
 */

/** Types that only begin a chain. */
const BEGINS = Object.freeze(new Set([...FILES_SEALED, "interview.opened"]));
const BEGINS_OR_RECORDS = Object.freeze(new Set([...BEGINS, ...RECORDER_TYPES]));
/** Types that are in the chain of an interview alone. */
const OF_INTERVIEWS = Object.freeze(["interview.decided", "interview.voided"]);
/** Types that are in the chain of a derivative alone. @type {ReadonlySet<string>} */
const CHECKED = Object.freeze(new Set(["derivative.checked"]));
/** Types that are in the chain of the record of an examination alone. @type {ReadonlySet<string>} */
const CERTIFIED = Object.freeze(new Set(["examination.certified"]));
/** Types that are in the chain of a received file alone. @type {ReadonlySet<string>} */
const GIVEN_AGAIN = Object.freeze(new Set(["evidence.received-again"]));
/** Types that are in the chain of a case or of a specimen alone. */
const OF_OTHERS = Object.freeze(["consent.recorded", "consent.withdrawn", ...SPECIMEN_TYPES]);
const NOT_OF_FILES = Object.freeze(new Set([...BEGINS_OR_RECORDS, ...OF_INTERVIEWS, ...OF_OTHERS]));
const OF_SOME_FILES = Object.freeze([...CHECKED, ...CERTIFIED, ...GIVEN_AGAIN]);
const NOT_OF_RECORDINGS = Object.freeze(new Set([...BEGINS, ...OF_SOME_FILES, ...OF_INTERVIEWS, ...OF_OTHERS]));
const NOT_OF_INTERVIEWS = Object.freeze(new Set([...BEGINS_OR_RECORDS, ...OF_SOME_FILES, ...OF_OTHERS]));

/** @param {Filed} filed @param {string} why @param {"altered" | "incomplete" | "signature" | "not-proved"} [reason] */
function wrong(filed, why, reason = "not-proved") {
  return new NotProved(reason, why, whereIs(filed.position));
}

/** @param {number} position */
const whereIs = (position) => `statement ${position}`;

/**
 * All proofs are under one checkpoint, the ledger signed it with both keys, and no signature by a witness that the
 * policy names is wrong. One checkpoint, because two that nothing connects could be of two histories.
 *
 * @param {readonly TlogProof[]} proofs @param {TrustPolicy} policy
 * @returns {Promise<OpenedCheckpoint & {witnessing: Witnessing}>}
 */
export async function openCommonCheckpoint(proofs, policy) {
  const [first] = proofs;
  if (!first) throw new NotProved("incomplete", "there is no statement, so no checkpoint");
  if (proofs.some(({ checkpoint }) => !equal(checkpoint, first.checkpoint))) {
    throw new NotProved("not-proved", "the proofs are not all under the same checkpoint");
  }
  const opened = await openCheckpoint(first.checkpoint, policy.logKeys);
  return { ...opened, witnessing: await witnessed(opened.note, opened.checkpoint, policy) };
}

/**
 * Each statement is in the ledger, at the place that its proof says.
 *
 * @param {readonly {leaf: Bytes, proof: TlogProof, text: string, position?: number}[]} statements `text`: of the proof;
 *   `position`: where it is filed, if it is
 * @param {OpenedCheckpoint} opened @returns {Promise<Placed[]>} in the ledger's order
 */
export async function checkInclusion(statements, opened) {
  const { size, root } = opened.checkpoint;
  const placed = await inOrder(
    statements.map(async ({ leaf, proof: { index, path, extra }, text, position = index }) => {
      if (index !== position) throw new NotProved("altered", `its proof is for position ${index}`, whereIs(position));
      if (extra) throw new NotProved("not-proved", "its proof carries extra data, which nothing vouches for", whereIs(position));
      const hash = await leafHash(leaf);
      await located(whereIs(position), () => verifyInclusion(hash, position, size, path, root));
      return { leaf, hash, position, proof: text };
    }),
  );
  placed.sort((a, b) => a.position - b.position);
  placed.forEach(({ position }, i) => {
    if (position === placed[i - 1]?.position) throw new NotProved("not-proved", "is there twice", whereIs(position));
  });
  return placed;
}

/**
 * Each is signed by a key that may sign it and counted then. In this order:
 *   1. The statements about the deployment itself, from number 0 on, say whose key was valid when.
 *   2. They go at least as far as the newest export says that they went.
 *   3. Every other statement is signed by keys that counted at its position.
 * Order in the ledger decides what was before, not clocks.
 *
 * @param {readonly Placed[]} placed @param {TrustPolicy} policy
 * @returns {Promise<{filed: Filed[], registry: Registry}>}
 */
export async function checkSignatures(placed, policy) {
  const filed = await inOrder(placed.map((one) => located(whereIs(one.position), async () => ({ ...one, ...parseLeaf(one.leaf) }))));
  const ofCenter = (/** @type {Filed} */ one) => one.statement.evidence === policy.deployment;
  const registry = await Registry.begin(policy.deployment, policy.center);
  for (const one of filed.filter(ofCenter)) await located(whereIs(one.position), () => registry.add(one)); // 1
  const named = filed.filter(({ statement }) => statement.type === "evidence.exported").map(({ statement }) => statement.body.registry);
  if (named.length > 0) registry.require(named.reduce((most, one) => Math.max(most, one), 0)); // 2
  await inOrder( // 3
    filed
      .filter((one) => !ofCenter(one))
      .map((one) => located(whereIs(one.position), () => verifyStatement(one, registry.keys, one.position))),
  );
  return { filed, registry };
}

/**
 * Each chain is numbered and linked from 0 without a hole, and says what its kind must say:
 *   1. Every statement belongs to one of the items, to the interview of one, to a specimen of the case of one, or to the
 *      registry.
 *   2. In each chain every statement names the one before, and every sheet that a person signed is whole.
 *   3. A recording begins with `recording.started`, is sealed once, and nothing is recorded after; all by one recorder.
 *   4. Its interview was opened before it began, in the same case; no other is the same part of it. A safety recording
 *      names the part beside which it was recorded; if that is here, it is a part of the same number and interview, and no safety
 *      recording itself.
 *   5. An interview is opened once, in its own chain, and nothing is recorded there.
 *   6. A file begins with its seal, as what it is, and is sealed once. No other of its kind has its number in the
 *      case. Only a derivative is checked, by another person than had it made.
 *   7. The chain of a specimen begins with `specimen.taken`, by a person, and is about nothing else. No other specimen
 *      has its number in the case. `checkSpecimens` checks what is said there.
 *
 * @param {readonly Filed[]} filed in the ledger's order @param {readonly string[]} evidences the items
 * @param {TrustPolicy} policy
 * @param {ReadonlyMap<string, FileKind>} [files] those of the items that are a file, and of which kind
 * @returns {Chains}
 */
export function checkChains(filed, evidences, policy, files = new Map()) {
  /** @type {Map<string, Filed[]>} */
  const chains = new Map();
  for (const one of filed) {
    const { evidence, type } = one.statement;
    if (REGISTRY_TYPES.has(type) !== (evidence === policy.deployment)) throw wrong(one, "the statement belongs into another chain");
    const chain = chains.get(evidence) ?? [];
    chain.push(one);
    chains.set(evidence, chain);
  }
  const registry = take(chains, policy.deployment);
  /** @type {Map<string, Filed[]>} */
  const items = new Map();
  for (const evidence of evidences) { // 1
    if (!chains.has(evidence)) throw new NotProved("incomplete", "there is no statement about the item", `evidence ${evidence}`);
    items.set(evidence, take(chains, evidence));
  }
  for (const chain of [...items.values(), ...chains.values()]) checkLinked(chain); // 2
  for (const chain of [registry, ...items.values(), ...chains.values()]) checkSheets(chain);
  for (const [evidence, kind] of files) checkFile(items.get(evidence) ?? [], kind, policy); // 6
  checkNumbers([...files].map(([evidence, kind]) => ({ kind, seal: /** @type {Filed} */ (items.get(evidence)?.[0]) })));
  const specimens = new Map([...chains].filter(([, [{ statement }]]) => statement.type === "specimen.taken"));
  for (const specimen of specimens.keys()) chains.delete(specimen);
  checkSpecimenChains(specimens, new Set([...items.values()].map(([{ statement }]) => statement.case)), policy); // 7
  const recordings = [...items].filter(([evidence]) => !files.has(evidence)).map(([, chain]) => chain);
  for (const chain of recordings) checkLife(chain); // 3
  const begun = recordings.map((chain) => chain[0]);
  for (const [interview, chain] of chains) {
    if (begun.some(({ statement }) => statement.body.interview === interview)) continue;
    throw wrong(chain[0], "the statement belongs to none of the items here");
  }
  for (const one of begun) checkInterview(one, chains.get(one.statement.body.interview)); // 4
  checkParts(begun);
  for (const chain of recordings) checkFreeOf(chain, NOT_OF_RECORDINGS); // 5
  for (const chain of chains.values()) checkFreeOf(chain, NOT_OF_INTERVIEWS);
  return { items, interviews: chains, specimens, registry };
}

/** @param {readonly Filed[]} chain @param {FileKind} kind @param {TrustPolicy} policy */
function checkFile(chain, kind, policy) {
  const first = chain[0];
  if (first.statement.type !== SEALS[kind]) throw wrong(first, `the chain does not begin with the seal of a ${FILE_NAMES[kind]}`);
  checkFreeOf(chain, NOT_OF_FILES);
  if (kind !== "derivative") checkFreeOf(chain, CHECKED);
  if (kind !== "received") checkFreeOf(chain, GIVEN_AGAIN);
  if (kind !== "document" || first.statement.body.format !== EXAMINATION) checkFreeOf(chain, CERTIFIED);
  const nobodyElse = [first.statement.actor.id, policy.deployment];
  const unchecked = chain.slice(1).find(({ statement }) => CHECKED.has(statement.type) && nobodyElse.includes(statement.actor.id));
  if (unchecked) throw wrong(unchecked, "it was checked by nobody but who had it made");
}

/**
 * Rejects two files of one kind that are one number of their case: one could replace the other.
 *
 * @param {readonly {kind: FileKind, seal: Filed}[]} seals
 */
function checkNumbers(seals) {
  const taken = new Set();
  for (const { kind, seal } of seals.toSorted((a, b) => a.seal.position - b.seal.position)) {
    const { case: ofCase, body: { number } } = seal.statement;
    const place = `${kind} ${ofCase} ${number}`;
    if (taken.has(place)) throw wrong(seal, `another ${FILE_NAMES[kind]} is also number ${number} of its case`);
    taken.add(place);
  }
}

/**
 * @param {ReadonlyMap<string, Filed[]>} specimens @param {ReadonlySet<string | null>} cases of the items
 * @param {TrustPolicy} policy
 */
function checkSpecimenChains(specimens, cases, policy) {
  const numbers = new Set();
  for (const chain of specimens.values()) {
    const { actor, body, case: ofCase } = chain[0].statement;
    if (!cases.has(ofCase)) throw wrong(chain[0], "the statement belongs to none of the items here");
    if (actor.id === policy.deployment) throw wrong(chain[0], "a specimen was taken by nobody");
    const place = `${ofCase} ${body.number}`;
    if (numbers.has(place)) throw wrong(chain[0], `another specimen is also number ${body.number} of its case`);
    numbers.add(place);
    const stray = chain.slice(1).find(({ statement: { type } }) => type === "specimen.taken" || !SPECIMEN_TYPES.has(type));
    if (stray) throw wrong(stray, "the statement belongs into another chain");
  }
}

/** The newest statement by which a second person accepted a derivative, or did not. @param {readonly Filed[]} chain */
export function newestCheck(chain) {
  return chain.findLast(({ statement }) => CHECKED.has(statement.type));
}

/** Takes a chain out. @param {Map<string, Filed[]>} chains @param {string} evidence @returns {Filed[]} */
function take(chains, evidence) {
  const chain = chains.get(evidence) ?? [];
  chains.delete(evidence);
  return chain;
}

/** @param {readonly Filed[]} chain */
function checkLinked(chain) {
  chain.forEach((one, number) => {
    const before = chain[number - 1];
    if (one.statement.number !== number) {
      throw wrong(one, `statement ${number} of its chain is expected, this is ${one.statement.number}`, "incomplete");
    }
    if (one.statement.previous !== (before ? toHex(before.hash) : null)) {
      throw wrong(one, "does not name the statement before it", "altered");
    }
    if (one.statement.case !== chain[0]?.statement.case) throw wrong(one, "is of another case than its chain");
  });
}

/** Every sheet that a person signed is here whole: its acts one after the other. @param {readonly Filed[]} chain */
function checkSheets(chain) {
  for (const [i, before] of [undefined, ...chain].entries()) {
    try {
      checkSheet(before?.signatures ?? [], chain[i]?.signatures ?? []);
    } catch (error) {
      if (error instanceof NotProved) error.where ??= whereIs((chain[i] ?? before).position);
      throw error;
    }
  }
}

/** Begun once, sealed once, nothing recorded after, all by one recorder. @param {readonly Filed[]} chain */
function checkLife(chain) {
  const first = chain[0];
  const types = chain.map((one) => one.statement.type);
  const recorded = types.filter((type) => RECORDER_TYPES.has(type));
  const sealed = chain[recorded.length - 1];
  if (types.some((type, i) => RECORDER_TYPES.has(type) !== i < recorded.length)) {
    throw wrong(first, "something is said to be recorded after the seal");
  }
  if (!sealed || !types.includes("recording.sealed")) throw wrong(/** @type {Filed} */ (chain.at(-1)), "the recording was never sealed", "incomplete");
  const cut = recorded.at(-2) === "recording.interrupted";
  const middle = recorded.slice(1, cut ? -2 : -1);
  if (
    recorded[0] !== "recording.started" ||
    recorded.at(-1) !== "recording.sealed" ||
    middle.some((type) => type !== "recording.progress")
  ) {
    throw wrong(first, "the recording was not started, then sealed, once each");
  }
  if (first.statement.body.not_before.size > first.position) {
    throw wrong(first, "it names a ledger that cannot have been there before it");
  }
  for (const one of chain.slice(0, recorded.length)) {
    if (one.signatures.some(({ key }) => key !== first.statement.body.recorder)) {
      throw wrong(one, "is signed by another recorder than the one that began", "signature");
    }
  }
  if ((sealed.statement.body.state === "interrupted") !== cut) throw wrong(sealed, "seal and interruption contradict each other");
}

/** @param {Filed} begun @param {readonly Filed[] | undefined} interview */
function checkInterview(begun, interview) {
  const opened = interview?.[0];
  if (opened?.statement.type !== "interview.opened") {
    throw wrong(begun, "there is no statement that opened its interview", "incomplete");
  }
  if (opened.position >= begun.position) throw wrong(begun, "the interview was opened only after the recording began");
  if (opened.statement.case !== begun.statement.case) throw wrong(begun, "the recording and its interview are of different cases");
  if (opened.statement.body.practice) throw wrong(opened, "the interview was for practice and is not evidence");
  const voided = interview?.find(({ statement }) => statement.type === "interview.voided");
  if (voided) throw wrong(voided, "the interview was voided, and something is recorded in it");
}

/** None of these types follows the first statement. @param {readonly Filed[]} chain @param {ReadonlySet<string>} types */
function checkFreeOf(chain, types) {
  const stray = chain.slice(1).find(({ statement }) => types.has(statement.type));
  if (stray) throw wrong(stray, "the statement belongs into another chain");
}

/** Two that are the same part of an interview: one would take the other's place. @param {readonly Filed[]} begun */
function checkParts(begun) {
  const seen = new Set();
  const here = new Map(begun.map(({ statement }) => [statement.evidence, statement.body]));
  for (const one of begun) {
    const { interview, part, beside } = one.statement.body;
    if (beside !== undefined) {
      const main = here.get(beside);
      if (main && (main.beside !== undefined || main.interview !== interview || main.part !== part)) {
        throw wrong(one, "it stands beside another part than it says");
      }
      continue;
    }
    if (seen.has(`${interview} ${part}`)) throw wrong(one, `another recording is also part ${part} of its interview`);
    seen.add(`${interview} ${part}`);
  }
}
