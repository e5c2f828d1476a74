// @ts-check
// What a verifier reads of a court package before it looks at a film: all the small files, in memory.
//
// Step 2. Each is compared with its listed digest, and each kind has its limit, so that a hostile package costs a
// bounded amount of memory. Films, originals and pictures are left where they are.
//
// Trusts nothing; what the bytes are worth is for the later steps. Specification: docs/spec/court-package.md.

import { Bag } from "./bags.js";
import { LONGEST_CONSISTENCY } from "../proof/ledger/consistency.js";
import { LONGEST_RECIPE, RECIPE_FILE } from "../proof/recording/derivatives.js";
import { inOrder, Malformed } from "../proof/errors.js";
import {
  consistencyPath,
  detailsPath,
  DOCUMENTS,
  FILE_KINDS,
  isMedia,
  ITEM_FILES,
  itemPath,
  POLICY,
  proofPath,
  sortNames,
  statementPath,
  timestampPath,
} from "./paths.js";
import { LONGEST_POLICY } from "../proof/ledger/policy.js";

/** @import { Response } from "./history.js" */
/** @import { PackageNames } from "./paths.js" */
/** @import { PackageSource } from "./source.js" */
/**
 * @typedef {object} PackageFiles
 * @property {Bag} bag @property {PackageNames} names @property {Bytes} policy
 * @property {{position: number, leaf: Bytes, proof: Bytes}[]} statements ascending
 * @property {Map<number, Bytes>} details by position @property {Map<number, Bytes>} consistency by size, ascending
 * @property {Response[]} timestamps
 * @property {Map<string, Map<string, Bytes>>} items by evidence id and name
 * @property {Map<string, Bytes>} credentials content credentials, by evidence id
 * @property {boolean} documents whether there are papers for people and other tools
 */

const MEGABYTE = 1024 * 1024;
const LIMITS = Object.freeze({
  leaf: 65_535,
  proof: 1_100_000,
  details: 262_144,
  timestamp: 65_536,
  document: 64 * MEGABYTE,
  credential: MEGABYTE,
  original: 256 * MEGABYTE,
  all: 1024 * MEGABYTE,
});
/** @type {Record<string, number>} */
const ITEM_LIMITS = Object.freeze({
  "manifest.json": 65_536,
  "header.json": 1_000_000,
  "events.jsonl": 64 * MEGABYTE,
  "index.jsonl": 256 * MEGABYTE,
  "records.jsonl": 256 * MEGABYTE,
  "opened.jsonl": 256 * MEGABYTE,
  [RECIPE_FILE]: LONGEST_RECIPE,
});
const AT_ONCE = 16;

/** @param {PackageSource} source @returns {Promise<PackageFiles>} @throws {NotProved} */
export async function readPackage(source) {
  const bag = await Bag.open(source);
  const names = sortNames(bag.payload.keys());
  const small = [...bag.sizes].reduce((sum, [path, size]) => (isMedia(path) ? sum : sum + size), 0);
  if (small > LIMITS.all) throw new Malformed(`the files beside the films have more than ${LIMITS.all} bytes`);
  const long = names.items.flatMap(hashedAtOnce).find((path) => Number(bag.sizes.get(path)) > LIMITS.original);
  if (long) throw new Malformed(`longer than ${LIMITS.original} bytes`, long);
  const limits = limitsOf(names);
  const documents = DOCUMENTS.filter((path) => bag.payload.has(path));
  for (const path of documents) limits.set(path, LIMITS.document);
  for (const path of names.credentials.values()) limits.set(path, LIMITS.credential);
  const contents = await readAll(bag, limits);
  const held = (/** @type {string} */ path) => /** @type {Bytes} */ (contents.get(path));
  return {
    bag,
    names,
    policy: held(POLICY),
    credentials: new Map([...names.credentials].map(([evidence, path]) => [evidence, held(path)])),
    documents: documents.length + names.credentials.size > 0,
    statements: names.statements.map((position) => ({
      position,
      leaf: held(statementPath(position)),
      proof: held(proofPath(position)),
    })),
    details: new Map(names.details.map((position) => [position, held(detailsPath(position))])),
    consistency: new Map(names.checkpoints.map((size) => [size, held(consistencyPath(size))])),
    timestamps: names.timestamps.map((one) => ({ ...one, response: held(timestampPath(one.size, one.authority)) })),
    items: new Map(
      names.items.map(({ evidence, kind }) => [
        evidence,
        new Map(ITEM_FILES[kind].map((name) => [name, held(itemPath(kind, evidence, name))])),
      ]),
    ),
  };
}

/** What of an item is limited in length: all of a file but the original of what is received or derived. @param {import("./paths.js").ItemFiles} item */
function hashedAtOnce({ kind, evidence, films }) {
  if (!FILE_KINDS.has(kind)) return [];
  const limited = films.filter((name) => !["received", "derivatives"].includes(kind) || !name.startsWith("original."));
  return limited.map((name) => itemPath(kind, evidence, name));
}

/** The files that are read, with the bytes each may have. @param {PackageNames} names @returns {Map<string, number>} */
function limitsOf({ statements, details, checkpoints, timestamps, items }) {
  return new Map([
    [POLICY, LONGEST_POLICY],
    ...statements.map((position) => /** @type {const} */ ([statementPath(position), LIMITS.leaf])),
    ...statements.map((position) => /** @type {const} */ ([proofPath(position), LIMITS.proof])),
    ...details.map((position) => /** @type {const} */ ([detailsPath(position), LIMITS.details])),
    ...checkpoints.map((size) => /** @type {const} */ ([consistencyPath(size), LONGEST_CONSISTENCY])),
    ...timestamps.map(({ size, authority }) => /** @type {const} */ ([timestampPath(size, authority), LIMITS.timestamp])),
    ...items.flatMap(({ evidence, kind }) =>
      ITEM_FILES[kind].map((name) => /** @type {const} */ ([itemPath(kind, evidence, name), ITEM_LIMITS[name] ?? 0])),
    ),
  ]);
}

/** A few at a time: a package has hundreds of them. @param {Bag} bag @param {Map<string, number>} limits @returns {Promise<Map<string, Bytes>>} */
async function readAll(bag, limits) {
  /** @type {Map<string, Bytes>} */
  const contents = new Map();
  const waiting = limits.entries();
  const work = async () => {
    for (const [path, limit] of waiting) contents.set(path, await bag.read(path, limit));
  };
  await inOrder(Array.from({ length: AT_ONCE }, work));
  return contents;
}
