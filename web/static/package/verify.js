// @ts-check
// The court package's verifier in a browser: the numbered steps of the specification, on files that a person chose.
//
//    1 opening      the sealed file has its form, the passphrase opens it (a folder passes)
//    2 bag          every file listed is there, and nothing else is; small files have the digest listed
//    3 policy       the policy is the one registered beforehand, if one was
//    4 checkpoint   all proofs are under one checkpoint, signed by the ledger with both its keys
//    5 inclusion    every statement is in the ledger, at the position it is filed under
//    6 signatures   every statement is signed by a key that could sign it then; the registry is complete
//    7 chains       statements are numbered and linked without a hole, and say what their kind must say
//    8 history      earlier states of the ledger that something names are beginnings of this one
//    9 time         timestamps are by the policy's authorities, and in order
//   10 details      details are those that statements commit to
//   11 manifest     the manifest is the one sealed; so is the index, and it grew as was stated
//   12 records      header, events and every fragment are what was recorded
//   13 media        nothing is behind, before or between them; viewing copies are the same bytes
//   14 package      the package is the one that was exported, whole or as the excerpt it says it is
//   15 quorum       the policy's witnesses have cosigned, its authorities have timestamped
//
// Specification: docs/spec/court-package.md. Needs no network, no clock, no secret key. Trusts the registered
// policy if there is one, else nothing, and then it cannot say where a package comes from.

import { wholeWitnesses } from "../proof/ledger/cosignatures.js";
import { latest } from "../proof/time/timestamps.js";
import { PackageSteps, StepNotPassed } from "./steps.js";
import { findings, unproved } from "./remarks.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { FilmEvent, Header } from "../proof/recording/contents.js" */
/** @import { Manifest } from "../proof/recording/manifests.js" */
/** @import { Checkpoint } from "../proof/ledger/notes.js" */
/** @import { Source } from "../viewing/opener.js" */
/** @import { PackageSource } from "./source.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { FilmRecord } from "../proof/recording/records.js" */
/** @import { SignatureType, KeyRecord } from "../proof/ledger/signatures.js" */
/** @import { Cover } from "../proof/time/timestamps.js" */
/**
 * @typedef {"opening" | "bag" | "policy" | "checkpoint" | "inclusion" | "signatures" | "chains" | "history" | "time"
 *   | "details" | "manifest" | "records" | "media" | "package" | "quorum"} PackageStep
 */
/** @typedef {"running" | "proved" | "partly" | "failed"} StepState */
/**
 * What the verifier reports while it works.
 *
 * @typedef {object} Watch
 * @property {(step: PackageStep, state: StepState) => void} [step]
 * @property {(done: number, total: number) => void} [progress] bytes of films and viewing copies checked so far
 * @property {(item: Item) => void} [playable] everything but the fragments of this item is proved: its film may be
 *   opened and played now, each fragment being checked before it is shown, while the rest is verified
 */
/**
 * A recording or an excerpt of one.
 *
 * @typedef {object} Item
 * @property {string} evidence
 * @property {"recording" | "excerpt"} kind
 * @property {{from: number, to: number} | null} excerpt µs, as its `evidence.exported` says
 * @property {Manifest} manifest
 * @property {Header} header
 * @property {FilmEvent[]} events proved
 * @property {FilmRecord[]} records those given, by index; of an excerpt, not all there are
 * @property {Filed[]} chain its statements from number 0
 * @property {Filed} seal its `recording.sealed`
 * @property {Cover[]} covers the timestamps that cover the seal, one of each authority, the earliest first
 * @property {Source} film for `new Film(item.film, …)`
 * @property {string[]} viewing paths of its viewing copies
 */
/**
 * A file: a photograph, a document, a received file or a derivative.
 *
 * @typedef {object} FileItem
 * @property {string} evidence
 * @property {import("../proof/recording/file_items.js").FileKind} kind
 * @property {boolean} intimate whether it was sealed as intimate
 * @property {import("../proof/recording/file_items.js").FileManifest} manifest
 * @property {import("../proof/recording/file_items.js").FileHeader} header
 * @property {import("../proof/recording/file_items.js").FileDescription} description what was sealed with it: its name, size, SHA-256 and format
 * @property {FilmRecord[]} records
 * @property {Filed[]} chain its statements from number 0
 * @property {Filed} seal the statement that sealed it
 * @property {Cover[]} covers the timestamps that cover the seal, one of each authority, the earliest first
 * @property {import("./item_films.js").ItemFilm} film gives each piece, checked
 * @property {string} path of the file itself
 * @property {string[]} made paths of the pictures made from it
 * @property {import("../proof/recording/derivatives.js").Recipe | null} recipe how a derivative was made
 * @property {(import("../proof/recording/derivatives.js").Source & {here: import("./derived_items.js").Presence})[]} sources what a derivative
 *   was made from, and how much of that is here
 * @property {import("../proof/recording/examination_record.js").ExaminationRecord | null} examination what is in the record of an examination
 * @property {Bytes | null} credential content credential (C2PA) of a derivative: for other programs, and
 *   the center's word
 */
/**
 * Why it is not proved.
 *
 * @typedef {object} Failure
 * @property {PackageStep} step
 * @property {number} number of the step, from 1
 * @property {string} kind a code: "altered", "incomplete", "malformed", "signature", "inclusion", "consistency",
 *   "not-proved", "passphrase", "not-witnessed"
 * @property {string} reason for an expert, in English
 * @property {string | null} where a file, a statement, a time in the recording
 * @property {{evidence: string, index: number, at: number} | null} fragment the first one that is not what was recorded; µs
 */
/** @typedef {{code: string, values: Record<string, string | number>}} Remark a sentence for page/words.js: its code and what it names */
/**
 * One timestamp: everything at a position below `size` was sealed not later than `at`, which is what the authority says
 * and how far off that may be, rounded up to the second: it is shown in whole ones.
 *
 * @typedef {object} TimeProof
 * @property {number} size @property {string} authority name in the policy @property {Date} at
 */
/**
 * @typedef {object} Verdict
 * @property {"intact" | "consistent" | "not witnessed" | "not proved"} outcome
 * @property {Failure | null} failure null where the outcome is intact or consistent
 * @property {TrustPolicy | null} policy as far as it came, like all that follows
 * @property {boolean} registered whether the policy is one registered beforehand
 * @property {(Checkpoint & {signedAt: Date}) | null} checkpoint
 * @property {Item[]} items recordings, by interview and part
 * @property {FileItem[]} files as they were sealed, by position
 * @property {ReadonlyMap<string, import("../proof/ledger/specimens.js").Custody>} specimens by id, in the order in which they were taken
 * @property {Filed[]} statements every statement here, in the ledger's order
 * @property {ReadonlyMap<string, KeyRecord>} keys who may sign
 * @property {Map<number, Record<string, unknown>>} details by position of the statement that commits to them
 * @property {TimeProof[]} times
 * @property {Map<string, Date | null>} cosigned the policy's name of a witness's key → the time its cosignature states, null
 *   where it states none
 * @property {Map<string, Date | null>} witnesses those that have cosigned with all their keys, as people count them → when
 * @property {SignatureType[]} byPage types of signatures that this page's own code checked, and not the browser
 * @property {Remark[]} findings what is no alteration and a court should know
 * @property {Remark[]} notProved what a reader might take for proved and must not
 */

export const PACKAGE_STEPS = /** @type {readonly PackageStep[]} */ (
  Object.freeze([
    ...["opening", "bag", "policy", "checkpoint", "inclusion", "signatures", "chains", "history"],
    ...["time", "details", "manifest", "records", "media", "package", "quorum"],
  ])
);

/**
 * @param {PackageSource} source @param {Bytes | null} registered the policy's bytes, known from elsewhere
 * @param {Watch} [watch]
 * @returns {Promise<Verdict>} whatever the package holds
 */
export async function verifyPackage(source, registered, watch = {}) {
  const steps = new PackageSteps(source, registered, watch);
  try {
    await steps.run();
  } catch (error) {
    if (!(error instanceof StepNotPassed)) throw error;
    return verdict(steps, registered !== null, error);
  }
  return verdict(steps, registered !== null, null);
}

/** @param {PackageSteps} steps @param {boolean} registered @param {StepNotPassed | null} error @returns {Verdict} */
function verdict(steps, registered, error) {
  const { policy, opened, signed, times, items, files, specimens, details } = steps;
  const holds = error === null || error.reason === "not-witnessed";
  const found = holds && policy && opened && signed && times
    ? { registered, policy, witnessing: opened.witnessing, registry: signed.registry, statements: signed.filed, items, files, specimens, times, details, documents: steps.documents }
    : null;
  return {
    outcome: error ? (holds ? "not witnessed" : "not proved") : registered ? "intact" : "consistent",
    failure: error && failure(error),
    policy,
    registered,
    checkpoint: opened && { ...opened.checkpoint, signedAt: opened.signedAt },
    items,
    files,
    specimens,
    statements: signed?.filed ?? [],
    keys: signed?.registry.keys ?? new Map(),
    details,
    times: (times?.stamps ?? []).map(({ size, authority, token }) => ({ size, authority, at: new Date(Math.ceil(latest(token) / 1e6) * 1000) })),
    cosigned: opened?.witnessing.cosigned ?? new Map(),
    witnesses: opened && policy ? wholeWitnesses(policy, opened.witnessing) : new Map(),
    byPage: steps.byPage,
    findings: found ? findings(found) : [],
    notProved: found ? unproved(found) : [],
  };
}

/** @param {StepNotPassed} error @returns {Failure} */
function failure({ step, reason: kind, message: reason, where, fragment }) {
  return { step, number: PACKAGE_STEPS.indexOf(step) + 1, kind, reason, where, fragment };
}
