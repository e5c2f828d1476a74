// @ts-check
// The numbered checks that come before anything is played. The page numbers them in the same way.
//
//   1 policy      the keys by which everything below is checked, as this server states them
//   2 checkpoint  the custody ledger signed its state twice: with Ed25519 and with ML-DSA-44
//   3 inclusion   every statement shown is in that ledger
//   4 signatures  each is signed by the recorder's or the center's key
//   5 chain       the statements about this recording follow each other without a hole, up to this viewing
//   6 seal        the manifest is the one the recorder sealed
//   7 records     the index holds every record, gives the sealed root, and grew as stated while recording
//   8 header      record 0 says that it is this recording, and the devices that it names signed for their cameras
//                 (`checkHeader`, once it is opened)
//   9 fragments   each fragment is what was recorded at its second   (film/film.js, before it is shown)
//
// Done in this order, each step using only what the ones before it proved. Trust: scripts and policy come
// from the server that also holds the evidence. What is proved is that they agree; a court that does not
// want to rely on that uses the offline verifier.

import { fromBase64, sha256, toHex, utf8 } from "../proof/bytes.js";
import { checkChains, checkInclusion, checkSignatures, openCommonCheckpoint } from "../proof/ledger/chains.js";
import { NotProved } from "../proof/errors.js";
import { openIndex } from "../proof/recording/manifests.js";
import { parsePolicy } from "../proof/ledger/policy.js";
import { parseProof } from "../proof/ledger/tlog_proof.js";
import { checkProgress, checkSealedHeader, openManifest } from "../proof/recording/sealed_recording.js";
import { checkedByPage } from "../proof/ledger/signatures.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Header } from "../proof/recording/contents.js" */
/** @import { Manifest } from "../proof/recording/manifests.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { KeyRecord } from "../proof/ledger/signatures.js" */
/** @typedef {"policy" | "checkpoint" | "inclusion" | "signatures" | "chain" | "seal" | "records" | "header" | "fragments"} Step */
/** @typedef {"running" | "proved" | "failed"} StepState */
/** @typedef {(step: Step, state: StepState, facts?: Record<string, unknown>) => void} Report */
/**
 * What the server gives with an opened viewing; texts are exactly the bytes that were signed or digested.
 *
 * @typedef {object} Bundle
 * @property {string} policy @property {string} manifest @property {string} index
 * @property {{leaf: string, proof: string}[]} statements leaf in base64, `.tlog-proof` text
 */
/**
 * @typedef {object} Proved
 * @property {TrustPolicy} policy @property {Manifest} manifest @property {FilmRecord[]} records
 * @property {Filed[]} statements all of them, in the ledger's order
 * @property {Filed[]} chain those about this recording
 * @property {ReadonlyMap<string, KeyRecord>} keys who may sign
 * @property {import("../proof/ledger/notes.js").Checkpoint & {signedAt: Date}} checkpoint when: by the ledger's own word
 * @property {string} digest the manifest's
 */

export const STEPS = /** @type {readonly Step[]} */ (
  Object.freeze(["policy", "checkpoint", "inclusion", "signatures", "chain", "seal", "records", "header", "fragments"])
);

/** A step that was not passed. */
export class StepFailed extends NotProved {
  /** @param {Step} step @param {NotProved} cause */
  constructor(step, cause) {
    super(cause.reason, cause.message);
    this.step = step;
  }
}

/**
 * Runs one step: what fails in it fails as that step.
 *
 * @template T @param {Step} step @param {Report} report @param {() => Promise<T>} work @returns {Promise<T>}
 */
async function inStep(step, report, work) {
  report(step, "running");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    report(step, "failed", { reason: error.reason, message: error.message });
    throw new StepFailed(step, error);
  }
}

/**
 * Steps 1 to 7.
 *
 * @param {Bundle} bundle @param {string} evidence id of the recording that was asked for
 * @param {Report} report @returns {Promise<Proved>} @throws {StepFailed}
 */
export async function checkRecording(bundle, evidence, report) {
  const policy = await inStep("policy", report, () => parsePolicy(utf8(bundle.policy)));
  report("policy", "proved", { fingerprint: policy.fingerprint, trial: policy.trial });

  const opened = await inStep("checkpoint", report, async () =>
    openCommonCheckpoint(bundle.statements.map(({ proof }) => parseProof(proof)), policy),
  );
  const byPage = await checkedByPage();
  report("checkpoint", "proved", { size: opened.checkpoint.size, byPage });

  const placed = await inStep("inclusion", report, async () =>
    checkInclusion(bundle.statements.map(({ leaf, proof }) => ({ leaf: fromBase64(leaf), proof: parseProof(proof), text: proof })), opened),
  );
  report("inclusion", "proved", { count: placed.length });

  const { filed: statements, registry } = await inStep("signatures", report, () => checkSignatures(placed, policy));
  report("signatures", "proved", { count: statements.length, byPage: byPage.filter((type) => type === "Ed25519") });

  const chain = await inStep("chain", report, async () => {
    const { items } = checkChains(statements, [evidence], policy);
    return /** @type {Filed[]} */ (items.get(evidence));
  });
  report("chain", "proved", { count: chain.length, last: chain.at(-1)?.statement });

  const manifest = await inStep("seal", report, () => openManifest(utf8(bundle.manifest), chain, policy));
  const digest = toHex(await sha256(utf8(bundle.manifest)));
  report("seal", "proved", { digest, state: manifest.state });

  const records = await inStep("records", report, async () => {
    const { records: found, tree } = await openIndex(manifest, utf8(bundle.index));
    if (found[0]?.leaf !== chain[0]?.statement.body.header) {
      throw new NotProved("altered", "the header is not the one the recording was started with");
    }
    await checkProgress(chain, manifest, async (size) => toHex(await tree.root(size)));
    return found;
  });
  report("records", "proved", { count: records.length, root: manifest.root });

  const checkpoint = { ...opened.checkpoint, signedAt: opened.signedAt };
  return { policy, manifest, records, statements, chain, keys: registry.keys, checkpoint, digest };
}

/**
 * Step 8.
 *
 * @param {Header} header opened and checked against its record @param {Proved} proved @param {Report} report
 * @throws {StepFailed}
 */
export async function checkHeader(header, proved, report) {
  await inStep("header", report, () => checkSealedHeader(header, proved.manifest, proved.chain));
  report("header", "proved", { epoch: header.epoch, tracks: header.tracks.length });
}
