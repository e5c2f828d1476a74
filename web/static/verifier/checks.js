// @ts-check
// The verifier's numbered steps as a list: each with its answer, what it proves in plain words, and the facts and
// fingerprints that an expert wants, folded away.

import { toHex } from "../proof/bytes.js";
import { answerOf, failureOf } from "./answer.js";
import { fileName } from "./names.js";
import { PACKAGE_STEPS } from "../package/verify.js";
import { witnessesOf, witnessText } from "./witness_names.js";
import { addFact, element, make, setTag } from "../page/elements.js";
import { countText, isolate, known, makeDigest, momentText, say } from "../page/words.js";

/** @import { Run } from "../package/run.js" */
/** @import { SignatureType } from "../proof/ledger/signatures.js" */
/** @import { PackageStep, Verdict } from "../package/verify.js" */
/** @typedef {"waiting" | "running" | "proved" | "partly" | "failed" | "stated" | "nothing" | "unreached"} Shown */
/** @typedef {{sentences: string[], digests: [string, string][]}} Findings */

/** Of the others "plain". @type {Partial<Record<Shown, string>>} */
const COLOURS = Object.freeze({ proved: "green", partly: "amber", failed: "red", stated: "amber" });

/** The steps that check signatures, and of which types. @type {Partial<Record<PackageStep, readonly SignatureType[]>>} */
const SIGNED_WITH = { checkpoint: ["Ed25519", "ML-DSA-44"], signatures: ["Ed25519"] };

export class PackageChecks {
  #run;
  /** @type {Map<PackageStep, {answer: HTMLElement, details: HTMLDetailsElement, body: HTMLElement}>} */
  #items = new Map();

  /** @param {Run} run @param {AbortSignal} closing */
  constructor(run, closing) {
    this.#run = run;
    const list = element("checks");
    for (const step of PACKAGE_STEPS) this.#items.set(step, makeStep(list, step));
    run.addEventListener("step", () => this.#draw(), { signal: closing });
    run.addEventListener("over", () => this.#draw(), { signal: closing });
    this.#draw();
  }

  #draw() {
    for (const [step, { answer, details, body }] of this.#items) {
      const state = stateOf(this.#run, step);
      if (answer.dataset.state === state && !this.#run.end) continue;
      answer.dataset.state = state;
      setTag(answer, say(`state.${state}`), COLOURS[state] ?? "plain");
      body.replaceChildren(...makeFacts(this.#run, step));
      details.hidden = body.childElementCount === 0;
      // What is as it should be can stay folded; what is not explains itself at once.
      details.open = state === "failed" || state === "partly" || state === "stated";
    }
  }
}

/** @param {HTMLElement} list @param {PackageStep} step */
function makeStep(list, step) {
  const body = make("div", "step-text");
  const details = make("details", "step-details", make("summary", "", say("step.details")), body);
  const [name, proves] = [say(`pstep.${step}`), say(`pstep.${step}.proves`)];
  const text = make("div", "", make("h3", "step-name", name), make("p", "step-proves quiet", proves), details);
  const answer = make("span", "tag");
  const item = make("li", "", text, answer);
  item.dataset.step = step;
  list.append(item);
  return { answer, details, body };
}

/** @param {Run} run @param {PackageStep} step @returns {Shown} */
export function stateOf(run, step) {
  const { verdict } = run;
  const failure = failureOf(run);
  const state = run.steps.get(step) ?? "waiting";
  if (failure) {
    const [here, there] = [PACKAGE_STEPS.indexOf(step), PACKAGE_STEPS.indexOf(failure.step)];
    if (here === there) return "failed";
    if (here > there) return "unreached";
  } else if (run.end && run.end.end !== "verdict") {
    if (run.end.end === "fingerprint" && step === "policy") return "failed";
    return state === "proved" ? state : "unreached";
  }
  if (!verdict) return state;
  if (step === "policy" && !verdict.registered) return "stated";
  if (step === "quorum" && answerOf(run) === "not-witnessed") return "partly";
  if (step === "quorum" && nothingAsked(verdict)) return "nothing";
  if (step === "time" && verdict.times.length === 0) return "nothing";
  if (step === "details" && verdict.details.size === 0) return "nothing";
  if (step === "opening" && run.chosen.kind === "folder") return "nothing";
  return state;
}

/** @param {Verdict} verdict */
function nothingAsked({ policy }) {
  return !policy || (policy.quorum === "none" && policy.timestamps === 0);
}

/** @param {Run} run @param {PackageStep} step @returns {HTMLElement[]} */
function makeFacts(run, step) {
  const { sentences, digests } = facts(run, step);
  const parts = sentences.map((sentence) => make("p", "", sentence));
  if (digests.length === 0) return parts;
  const list = make("dl", "digest-list");
  for (const [name, hex] of digests) addFact(list, name, makeDigest(hex));
  return [...parts, list];
}

/** What was found at a step. @param {Run} run @param {PackageStep} step @returns {Findings} */
export function facts(run, step) {
  /** @type {Findings} */
  const findings = { sentences: [], digests: [] };
  const failure = failureOf(run);
  if (failure?.step === step) {
    const message = failure.where ? `${failure.reason} (${failure.where})` : failure.reason;
    findings.sentences.push(say(`failed.${step}`), say("expert", { message: isolate(message) }));
  }
  const state = stateOf(run, step);
  if (state === "failed" && !failure) findings.sentences.push(say(`failed.${step}`));
  if (state === "nothing" && known(`pstep.${step}.nothing`)) findings.sentences.push(say(`pstep.${step}.nothing`));
  if (run.verdict && (state === "proved" || state === "partly" || state === "stated")) FOUND[step]?.(run.verdict, findings, run);
  const types = (run.verdict?.byPage ?? []).filter((type) => SIGNED_WITH[step]?.includes(type));
  if (types.length > 0 && state !== "unreached") findings.sentences.push(say("found.by-page", { types: isolate(types.join(", ")) }));
  return findings;
}

/** @type {Partial<Record<PackageStep, (verdict: Verdict, findings: Findings, run: Run) => void>>} */
const FOUND = {
  policy: ({ policy, registered }, { sentences, digests }, run) => {
    const code = !registered ? "stated" : run.registered.by === "file" ? "file" : "registered";
    sentences.push(say(`found.policy.${code}`));
    if (policy?.trial) sentences.push(say("note.trial"));
    if (policy) digests.push([say("digest.policy"), policy.fingerprint]);
  },
  checkpoint: ({ checkpoint }, { sentences, digests }) => {
    if (!checkpoint) return;
    const at = momentText(checkpoint.signedAt);
    sentences.push(say("found.checkpoint", { n: checkpoint.size, at }));
    digests.push([say("digest.root.ledger"), toHex(checkpoint.root)]);
  },
  inclusion: ({ statements }, { sentences }) => {
    sentences.push(say("found.inclusion", { n: statements.length }));
  },
  signatures: ({ statements }, { sentences }) => {
    const own = statements.filter(({ signatures }) => signatures.some(({ kind }) => kind === "webauthn")).length;
    sentences.push(say("found.signatures", { n: statements.length, own: countText(own) }));
  },
  chains: ({ items, files }, { sentences }) => {
    for (const { header, chain } of items) {
      sentences.push(say("found.chains", { part: header.part, n: chain.length }));
    }
    for (const file of files) {
      sentences.push(say("found.chains.file", { name: fileName(file), n: file.chain.length }));
    }
  },
  time: ({ times }, { sentences }) => {
    for (const { authority, at, size } of times) {
      sentences.push(say("found.time", { name: isolate(authority), at: momentText(at), n: size }));
    }
  },
  details: ({ details }, { sentences }) => {
    sentences.push(say("found.details", { n: details.size }));
  },
  manifest: ({ items, files }, { digests }) => {
    for (const { header, manifest, seal } of items) {
      const part = { part: header.part };
      digests.push([say("digest.manifest.part", part), String(seal.statement.body.manifest)]);
      digests.push([say("digest.root.part", part), manifest.root]);
    }
    for (const file of files) {
      digests.push([say("digest.manifest.file", { name: fileName(file) }), String(file.seal.statement.body.manifest)]);
    }
  },
  records: ({ items, files }, { sentences }) => {
    for (const { header, records, manifest, kind } of items) {
      const values = { part: header.part, n: records.length, of: countText(manifest.records) };
      sentences.push(say(kind === "excerpt" ? "found.records.excerpt" : "found.records", values));
    }
    for (const file of files) {
      sentences.push(say("found.records.file", { name: fileName(file), n: file.records.length }));
    }
  },
  media: ({ items, files }, { sentences }) => {
    const copies = items.reduce((sum, { viewing }) => sum + viewing.length, 0);
    if (items.length > 0) sentences.push(copies > 0 ? say("found.media.viewing", { n: copies }) : say("found.media"));
    const derived = files.filter(({ recipe }) => recipe).length;
    if (files.length > derived) sentences.push(say("found.media.files", { n: files.length - derived }));
    if (derived > 0) sentences.push(say("found.media.derivatives", { n: derived }));
  },
  package: ({ items, files }, { digests }) => {
    const exported = (items[0] ?? files[0])?.chain.at(-1)?.statement;
    if (exported) digests.push([say("digest.package"), String(exported.body.package)]);
  },
  quorum: (verdict, { sentences }) => {
    sentences.push(...witnessesOf(verdict).map(witnessText));
  },
};
