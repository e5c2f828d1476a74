// @ts-check
// The statements about a recording: in the ledger, signed by whom they must be, and without a hole.
//
// Called in this order; what a later one relies on, an earlier one has proved. That no branch and no later
// statement exists is not proved here, nor can it be without somebody who watches the ledger.

import { fromBase64, text, toHex } from "./bytes.js";
import { RECORDER_TYPES } from "./bodies.js";
import { NotProved } from "./errors.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { openCheckpoint } from "./notes.js";
import { parseProof } from "./proof.js";
import { parseLeaf, statementKeyId, verifyStatement } from "./statements.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./notes.js").OpenedCheckpoint} OpenedCheckpoint */
/** @typedef {import("./policy.js").TrustPolicy} TrustPolicy */
/** @typedef {import("./proof.js").TlogProof} TlogProof */
/** @typedef {import("./statements.js").KeyRecord} KeyRecord */
/** @typedef {import("./statements.js").SignedStatement} SignedStatement */
/**
 * A statement at its position in the ledger.
 *
 * @typedef {SignedStatement & {position: number, hash: Bytes, proof: string}} Filed
 */

/** @param {Filed} filed @param {string} why @param {"altered" | "incomplete" | "signature" | "not-proved"} [reason] */
function wrong(filed, why, reason = "not-proved") {
  return new NotProved(reason, `statement ${filed.position}: ${why}`);
}

/**
 * All proofs are under one checkpoint, and the ledger signed it. One, because two that nothing connects
 * could be of two histories.
 *
 * @param {readonly TlogProof[]} proofs @param {TrustPolicy} policy @returns {Promise<OpenedCheckpoint>}
 */
export async function openCommonCheckpoint(proofs, policy) {
  const [first] = proofs;
  if (!first) throw new NotProved("incomplete", "there is no statement, so no checkpoint");
  const note = text(first.checkpoint);
  if (proofs.some((proof) => text(proof.checkpoint) !== note)) {
    throw new NotProved("not-proved", "the proofs are not all under the same checkpoint");
  }
  return openCheckpoint(first.checkpoint, policy.logKeys);
}

/**
 * Each statement is in the ledger.
 *
 * @param {readonly {leaf: string, proof: string}[]} statements leaf in base64
 * @param {OpenedCheckpoint} opened @returns {Promise<Filed[]>} in the ledger's order
 */
export async function checkInclusion(statements, opened) {
  const { size, root } = opened.checkpoint;
  const filed = await Promise.all(
    statements.map(async ({ leaf, proof }) => {
      const bytes = fromBase64(leaf);
      const { index: position, path } = parseProof(proof);
      const hash = await leafHash(bytes);
      await verifyInclusion(hash, position, size, path, root);
      return { ...parseLeaf(bytes), position, hash, proof };
    }),
  );
  filed.sort((a, b) => a.position - b.position);
  filed.forEach((one, i) => {
    if (one.position === filed[i - 1]?.position) throw wrong(one, "is there twice");
  });
  return filed;
}

/**
 * Each is signed by a key that may sign it and was enrolled before. The policy vouches for the center's
 * key, and the center's key for the recorders'; order in the ledger decides what was before, not clocks.
 *
 * @param {readonly Filed[]} filed @param {TrustPolicy} policy
 * @returns {Promise<{keys: Map<string, KeyRecord>, supported: boolean}>}
 */
export async function checkSignatures(filed, policy) {
  const centerId = await statementKeyId(policy.center);
  /** @type {KeyRecord} */
  const center = { public: policy.center, holder: "center", name: "center", enrolled: null };
  const keys = new Map([[centerId, center]]);
  for (const one of filed) {
    if (one.statement.type !== "recorder.enrolled") continue;
    await verifyStatement(one, new Map([[centerId, center]]), one.position);
    const { key, name } = one.statement.body;
    const id = await statementKeyId(fromBase64(key));
    if (id === centerId) throw wrong(one, "the center's own key was enrolled as a recorder's", "signature");
    if (!keys.has(id)) keys.set(id, { public: fromBase64(key), holder: "recorder", name, enrolled: one.position });
  }
  let supported = true;
  for (const one of filed) {
    if ((await verifyStatement(one, keys, one.position)) === "unsupported") supported = false;
  }
  return { keys, supported };
}

/**
 * The chain about one recording, and its interview's: numbered and linked from 0 without a hole, and
 * saying what its kind must say. `evidence` in the ledger's order; other statements may only enrol keys.
 *
 * @param {readonly Filed[]} filed @param {string} evidence @param {TrustPolicy} policy @returns {Filed[]}
 */
export function checkChains(filed, evidence, policy) {
  /** @type {Map<string, Filed[]>} */
  const chains = new Map();
  for (const one of filed) {
    const about = one.statement.evidence;
    if ((one.statement.type === "recorder.enrolled") !== (about === policy.deployment)) {
      throw wrong(one, "does not belong to this recording");
    }
    chains.set(about, [...(chains.get(about) ?? []), one]);
  }
  chains.delete(policy.deployment);
  const recording = chains.get(evidence);
  if (!recording) throw new NotProved("incomplete", "there is no statement about the recording");
  for (const chain of chains.values()) checkLinked(chain);
  checkLife(recording);
  const begun = /** @type {Filed} */ (recording[0]);
  const interview = chains.get(begun.statement.body.interview)?.[0];
  if (!interview || interview.statement.type !== "interview.opened") {
    throw wrong(begun, "there is no statement that opened its interview", "incomplete");
  }
  if (chains.size > 2) throw new NotProved("not-proved", "there are statements about something else");
  if (interview.position >= begun.position) throw wrong(begun, "the interview was opened only afterwards");
  if (interview.statement.case !== begun.statement.case) throw wrong(begun, "the interview is of another case");
  if (interview.statement.body.practice) throw wrong(begun, "the interview was for practice");
  return recording;
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

/** Begun once, sealed once, nothing recorded after, all by one recorder. @param {readonly Filed[]} chain */
function checkLife(chain) {
  const first = /** @type {Filed} */ (chain[0]);
  const types = chain.map((one) => one.statement.type);
  const recorded = types.filter((type) => RECORDER_TYPES.has(type));
  const sealed = chain[recorded.length - 1];
  if (types.some((type, i) => RECORDER_TYPES.has(type) !== i < recorded.length)) {
    throw wrong(first, "something is said to be recorded after the seal");
  }
  if (!sealed || !types.includes("recording.sealed")) throw wrong(first, "the recording was never sealed", "incomplete");
  const cut = recorded.at(-2) === "recording.interrupted";
  const middle = recorded.slice(1, cut ? -2 : -1);
  if (
    recorded[0] !== "recording.started" ||
    recorded.at(-1) !== "recording.sealed" ||
    middle.some((type) => type !== "recording.progress")
  ) {
    throw wrong(first, "the recording was not started, then sealed, once each");
  }
  if ((sealed.statement.body.state === "interrupted") !== cut) throw wrong(sealed, "seal and interruption contradict each other");
  for (const one of chain.slice(0, recorded.length)) {
    if (one.signatures.some(({ key }) => key !== first.statement.body.recorder)) {
      throw wrong(one, "is signed by another recorder than the one that began", "signature");
    }
  }
}
