// @ts-check
// What the statements, the manifest and the header of one sealed recording must say of each other.
//
// Trusts: the chain of statements about the recording, and, for the manifest's records, the tree over its index.
// Specification: docs/spec/court-package.md, steps 11 and 12; docs/spec/manifest.md.

import { sha256, toHex } from "../bytes.js";
import { NotProved } from "../errors.js";
import { parseManifest } from "./manifests.js";
import { checkHeaderSenders } from "./senders.js";

/** @import { Filed } from "../ledger/chains.js" */
/** @import { TrustPolicy } from "../ledger/policy.js" */
/** @import { Header } from "./contents.js" */
/** @import { Manifest } from "./manifests.js" */

/** @param {readonly Filed[]} chain @returns {Filed} */
export function sealOf(chain) {
  return /** @type {Filed} */ (chain.find(({ statement }) => statement.type === "recording.sealed"));
}

/**
 * The manifest that `recording.sealed` names, of the recording that the chain is about.
 *
 * @param {Bytes} bytes @param {readonly Filed[]} chain @param {TrustPolicy} policy @param {string | null} [where]
 * @returns {Promise<Manifest>} @throws {NotProved}
 */
export async function openManifest(bytes, chain, policy, where = null) {
  const manifest = parseManifest(bytes);
  const { body: begun, evidence } = chain[0].statement;
  const { body } = sealOf(chain).statement;
  if (toHex(await sha256(bytes)) !== body.manifest) throw new NotProved("altered", "the manifest is not the one that was sealed", where);
  const same = manifest.deployment === policy.deployment && manifest.evidence === evidence;
  if (!same || manifest.interview !== begun.interview || manifest.part !== begun.part) {
    throw new NotProved("not-proved", "the manifest is of another recording than its statements", where);
  }
  if (manifest.records !== body.records || manifest.root !== body.root || manifest.state !== body.state) {
    throw new NotProved("not-proved", "manifest and seal name different records", where);
  }
  return manifest;
}

/**
 * Every `recording.progress` had, at its time, the same records as the first of those sealed.
 *
 * @param {readonly Filed[]} chain @param {Manifest} manifest
 * @param {(size: number) => Promise<string | null>} rootAt null where it cannot be known: then only that there were not more
 */
export async function checkProgress(chain, manifest, rootAt) {
  let reached = 0;
  for (const { statement, position } of chain) {
    const { type, body } = statement;
    if (type !== "recording.progress" && type !== "recording.interrupted") continue;
    const fails = (/** @type {string} */ reason, /** @type {string} */ why) => new NotProved(reason, why, `statement ${position}`);
    if (body.records < reached || body.records > manifest.records) {
      throw fails("incomplete", `the recording once had ${body.records} records`);
    }
    const root = body.records === manifest.records ? manifest.root : await rootAt(body.records);
    if (root !== null && root !== body.root) throw fails("altered", `the first ${body.records} records are not those it had then`);
    if (type === "recording.interrupted" && body.records !== manifest.records) {
      throw fails("not-proved", "seal and interruption name different records");
    }
    reached = body.records;
  }
}

/**
 * The header is of this recording, which is evidence, and the devices that it names signed for their cameras.
 *
 * @param {Header} header @param {Manifest} manifest @param {readonly Filed[]} chain @param {string | null} [where]
 */
export async function checkSealedHeader(header, manifest, chain, where = null) {
  const { recorder, beside } = chain[0].statement.body;
  const same = /** @type {const} */ (["deployment", "interview", "evidence", "part"]).every((name) => header[name] === manifest[name]);
  if (!same || header.recorder !== recorder) throw new NotProved("not-proved", "the header is of another recording", where);
  if (header.practice) throw new NotProved("not-proved", "the recording was made for practice and is not evidence", where);
  await checkHeaderSenders(header, beside, where);
}
