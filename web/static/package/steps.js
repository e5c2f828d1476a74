// @ts-check
// The numbered steps of verify.js, done in their order. Each uses only what the ones before it proved.
//
// An error within a step is that step's failure and ends the work; what was found until then stays here
// for the verdict.

import { equal, text } from "../proof/bytes.js";
import { checkChains, checkInclusion, checkSignatures, openCommonCheckpoint } from "../proof/ledger/chains.js";
import { checkSources, presence } from "./derived_items.js";
import { openDetails } from "./details.js";
import { NotProved } from "../proof/errors.js";
import { checkExaminations } from "./examinations.js";
import { checkExports } from "./exports.js";
import { checkFileManifest, checkOriginal, openFile } from "./file_items.js";
import { readPackage } from "./files.js";
import { checkHistory, checkTimes } from "./history.js";
import { checkFragments, checkManifest, openItem } from "./items.js";
import { checkFilms, checkPayloadSize, checkViewingCopies } from "./media.js";
import { FILE_KINDS, isMedia, itemPath, POLICY } from "./paths.js";
import { checkRehashedItem } from "./rehashed.js";
import { coversOf, isSafety } from "./remarks.js";
import { checkShown } from "./shown_items.js";
import { parsePolicy } from "../proof/ledger/policy.js";
import { checkSpecimens } from "../proof/ledger/specimens.js";
import { parseProof } from "../proof/ledger/tlog_proof.js";
import { sealOf } from "../proof/recording/sealed_recording.js";
import { checkedByPage } from "../proof/ledger/signatures.js";

/** @import { Chains, Filed } from "../proof/ledger/chains.js" */
/** @import { OpenedCheckpoint } from "../proof/ledger/notes.js" */
/** @import { FileOpening, SealedFile } from "./file_items.js" */
/** @import { PackageFiles } from "./files.js" */
/** @import { Opening, Sealed } from "./items.js" */
/** @import { PackageSource } from "./source.js" */
/** @import { SignatureType } from "../proof/ledger/signatures.js" */
/** @import { FileItem, Item, PackageStep, Watch } from "./verify.js" */

/** A step that did not hold. */
export class StepNotPassed extends NotProved {
  /** @param {PackageStep} step @param {NotProved} error */
  constructor(step, error) {
    super(error.reason, error.message, error.where);
    this.step = step;
    this.fragment = "fragment" in error ? /** @type {import("./verify.js").Failure["fragment"]} */ (error.fragment) : null;
  }
}

export class PackageSteps {
  #source;
  #registered;
  #watch;
  #done = 0;
  #total = 0;

  /** @param {PackageSource} source @param {Bytes | null} registered @param {Watch} watch */
  constructor(source, registered, watch) {
    this.#source = source;
    this.#registered = registered;
    this.#watch = watch;
    /** @type {import("../proof/ledger/policy.js").TrustPolicy | null} */
    this.policy = null;
    /** @type {Map<string, import("../proof/ledger/specimens.js").Custody>} */
    this.specimens = new Map();
    /** @type {(OpenedCheckpoint & {witnessing: import("../proof/ledger/cosignatures.js").Witnessing}) | null} */
    this.opened = null;
    /** @type {{filed: Filed[], registry: import("../proof/ledger/registry.js").Registry} | null} */
    this.signed = null;
    /** @type {import("./history.js").Times | null} */
    this.times = null;
    /** @type {Map<number, Record<string, unknown>>} */
    this.details = new Map();
    /** @type {Item[]} */
    this.items = [];
    /** @type {FileItem[]} */
    this.files = [];
    /** @type {Map<string, Bytes>} */
    this.credentials = new Map();
    this.documents = false;
    /** @type {SignatureType[]} */
    this.byPage = [];
  }

  /** @throws {StepNotPassed} */
  async run() {
    await this.#step("opening", async () => {}); // before this the source was opened
    const files = await this.#read();
    const chains = await this.#statements(files);
    const openings = await this.#films(files, chains);
    await this.#step("package", () => checkExports(files.bag, chains, openings));
    await this.#step("quorum", async () => this.#quorum());
  }

  /** @template T @param {PackageStep} step @param {() => Promise<T>} work @returns {Promise<T>} */
  async #step(step, work) {
    this.#watch.step?.(step, "running");
    try {
      const found = await work();
      this.#watch.step?.(step, "proved");
      return found;
    } catch (error) {
      if (!(error instanceof NotProved)) throw error;
      // Lacking is not altered: the step holds in part.
      this.#watch.step?.(step, error.reason === "not-witnessed" ? "partly" : "failed");
      throw new StepNotPassed(step, error);
    }
  }

  /** Step 2. @returns {Promise<PackageFiles>} */
  async #read() {
    const files = await this.#step("bag", () => readPackage(this.#source));
    this.credentials = files.credentials;
    this.documents = files.documents;
    return files;
  }

  /** Steps 3 to 10. @param {PackageFiles} files @returns {Promise<Chains>} */
  async #statements(files) {
    const policy = await this.#step("policy", () => this.#openPolicy(files.policy));
    this.policy = policy;

    this.byPage = await checkedByPage();
    const proofs = await this.#step("checkpoint", async () => {
      const parsed = files.statements.map(({ position, leaf, proof }) => {
        const written = text(proof);
        return { position, leaf, text: written, proof: parseProof(written) };
      });
      this.opened = await openCommonCheckpoint(parsed.map(({ proof }) => proof), policy);
      return parsed;
    });
    const { checkpoint } = /** @type {OpenedCheckpoint} */ (this.opened);

    const placed = await this.#step("inclusion", () => checkInclusion(proofs, /** @type {OpenedCheckpoint} */ (this.opened)));
    const { filed } = (this.signed = await this.#step("signatures", () => checkSignatures(placed, policy)));

    const chains = await this.#step("chains", async () => {
      const evidences = files.names.items.map(({ evidence }) => evidence);
      const found = checkChains(filed, evidences, policy, kindsOf(files.names.items));
      this.specimens = checkSpecimens(found, policy.deployment);
      return found;
    });
    const stamped = files.timestamps.map(({ size }) => size);
    const roots = await this.#step("history", () => checkHistory(files.consistency, stamped, chains, checkpoint));
    this.times = await this.#step("time", () => checkTimes(files.timestamps, roots, chains, policy));
    this.details = await this.#step("details", () => openDetails(files.details, filed));
    return chains;
  }

  /** @param {Bytes} bytes */
  async #openPolicy(bytes) {
    const policy = await parsePolicy(bytes);
    if (this.#registered && !equal(this.#registered, bytes)) {
      throw new NotProved("not-proved", "it is not the policy that was registered", POLICY);
    }
    return policy;
  }

  /** Steps 11 to 13. @param {PackageFiles} files @param {Chains} chains @returns {Promise<(Opening | FileOpening)[]>} */
  async #films(files, chains) {
    const { bag, names } = files;
    const policy = /** @type {import("../proof/ledger/policy.js").TrustPolicy} */ (this.policy);
    const contents = (/** @type {string} */ evidence) => /** @type {Map<string, Bytes>} */ (files.items.get(evidence));
    const chainOf = (/** @type {string} */ evidence) => /** @type {Filed[]} */ (chains.items.get(evidence));
    const sealed = await this.#step("manifest", async () => {
      /** @type {(Sealed | SealedFile)[]} */
      const found = [];
      for (const item of names.items) {
        const check = FILE_KINDS.has(item.kind) ? checkFileManifest : checkManifest;
        found.push(await check(item, contents(item.evidence), chainOf(item.evidence), policy));
      }
      return found;
    });
    this.#total = [...bag.sizes].reduce((sum, [path, size]) => (isMedia(path) ? sum + size : sum), 0);
    const done = (/** @type {number} */ bytes) => this.#progress(bytes);
    const openings = await this.#step("records", async () => {
      /** @type {(Opening | FileOpening)[]} */
      const found = [];
      for (const one of sealed) {
        const held = contents(one.files.evidence);
        found.push(isFile(one) ? await openFile(one, held, bag) : await openItem(one, held, bag));
      }
      checkSources(found);
      checkShown(found);
      const here = new Map(found.map((opening) => [opening.sealed.files.evidence, opening]));
      this.items = found.flatMap((opening) => (isOfFile(opening) ? [] : [this.#item(opening)])).sort(byPart);
      this.files = found.flatMap((opening) => (isOfFile(opening) ? [this.#file(opening, here)] : [])).sort((a, b) => a.seal.position - b.seal.position);
      for (const item of this.items) this.#watch.playable?.(item);
      for (const opening of found) this.#total += twice(opening, bag);
      this.#progress(0);
      for (const opening of found) await checkFragments(opening, bag, done);
      for (const opening of found) await checkRehashedItem(opening, contents(opening.sealed.files.evidence), bag, done);
      return found;
    });
    await this.#step("media", async () => {
      for (const opening of openings) {
        checkFilms(opening, bag);
        if (isOfFile(opening)) await checkOriginal(opening, bag, done);
        else await checkViewingCopies(opening, bag, done);
      }
      const records = await checkExaminations(openings, bag);
      for (const file of this.files) file.examination = records.get(file.evidence) ?? null;
      checkPayloadSize(bag);
    });
    return openings;
  }

  /** @param {number} bytes */
  #progress(bytes) {
    this.#done += bytes;
    this.#watch.progress?.(this.#done, this.#total);
  }

  /** @param {Opening} opening @returns {Item} */
  #item({ sealed: { files, chain, manifest }, header, events, records, film }) {
    const seal = sealOf(chain);
    const exported = chain.at(-1)?.statement;
    return {
      evidence: files.evidence,
      kind: files.kind === "excerpts" ? "excerpt" : "recording",
      excerpt: files.kind === "excerpts" ? (exported?.body.excerpt ?? null) : null,
      ...{ manifest, header, events, records, chain, seal, film },
      covers: this.times ? [...coversOf(this.times, seal)] : [],
      viewing: files.viewing,
    };
  }

  /** @param {FileOpening} opening @param {ReadonlyMap<string, Opening | FileOpening>} here by evidence id @returns {FileItem} */
  #file({ sealed: { files, chain, manifest }, header, description, recipe, records, film, original, media }, here) {
    const seal = chain[0];
    return {
      ...{ evidence: files.evidence, kind: header.kind, manifest, header, description, recipe, records, chain, seal, film },
      credential: this.credentials.get(files.evidence) ?? null,
      examination: null, // not read before step 13
      sources: (recipe?.sources ?? []).map((source) => ({ ...source, here: presence(source, here.get(source.evidence)) })),
      intimate: seal.statement.body.intimate === true,
      covers: this.times ? [...coversOf(this.times, seal)] : [],
      path: itemPath(files.kind, files.evidence, original),
      made: [...media.keys()].filter((name) => name !== original).map((name) => itemPath(files.kind, files.evidence, name)),
    };
  }

  /** Step 15. Last, because what is only lacking was not altered. @throws {NotProved} "not-witnessed" */
  #quorum() {
    const required = this.policy?.timestamps ?? 0;
    if (!this.opened?.witnessing.quorumMet) {
      throw new NotProved("not-witnessed", "the witnesses that the policy asks for have not cosigned this ledger");
    }
    for (const { covers, seal } of [...this.items, ...this.files]) {
      if (covers.length >= required) continue;
      const why = `${covers.length} authorities have timestamped its seal, the policy asks for ${required}`;
      throw new NotProved("not-witnessed", why, `statement ${seal.position}`);
    }
  }
}

/** Interview, part, safety recordings behind their part, in the ledger's order. @param {Item} one @param {Item} other */
function byPart(one, other) {
  const [{ header: a }, { header: b }] = [one, other];
  if (a.interview !== b.interview) return a.interview < b.interview ? -1 : 1;
  const [x, y] = [one, other].map((item) => [Number(isSafety(item)), item.chain[0].position]);
  return a.part - b.part || x[0] - y[0] || x[1] - y[1];
}

/**
 * Bytes that are read once more: of films, since they were committed to anew; of originals, to hash them whole.
 *
 * @param {Opening | FileOpening} opening @param {import("./bags.js").Bag} bag
 */
function twice(opening, bag) {
  const { sealed: { files, chain }, excerpt, media } = opening;
  const whole = isOfFile(opening) && !opening.recipe ? opening.description.size : 0;
  if (excerpt || !chain.some(({ statement }) => statement.type === "evidence.rehashed")) return whole;
  return [...media.keys()].reduce((sum, file) => sum + (bag.sizes.get(itemPath(files.kind, files.evidence, file)) ?? 0), whole);
}

/** @param {readonly import("./paths.js").ItemFiles[]} items */
function kindsOf(items) {
  /** @type {Map<string, import("../proof/recording/file_items.js").FileKind>} */
  const kinds = new Map();
  for (const { evidence, kind } of items) {
    const file = FILE_KINDS.get(kind);
    if (file) kinds.set(evidence, file);
  }
  return kinds;
}

/** @param {Sealed | SealedFile} sealed @returns {sealed is SealedFile} */
const isFile = (sealed) => FILE_KINDS.has(sealed.files.kind);

/** @param {Opening | FileOpening} opening @returns {opening is FileOpening} */
const isOfFile = (opening) => isFile(opening.sealed);
