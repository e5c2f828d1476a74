// @ts-check
// Earlier states of the ledger: that they begin the one proved here, and when authorities saw them.
//
// Steps 8 and 9. A recording's start names the state that it came after; a timestamp is over a state. Both count only
// if that state is a beginning of *this* ledger, which a consistency file proves.
//
// Trusts: the common checkpoint, the chains, and the policy's authorities. Specification: docs/spec/court-package.md,
// docs/spec/time.md.

import { FILES_SEALED } from "../proof/ledger/types.js";
import { toBase64, toHex, utf8 } from "../proof/bytes.js";
import { parseConsistency } from "../proof/ledger/consistency.js";
import { inOrder, located, NotProved } from "../proof/errors.js";
import { emptyRoot, verifyConsistency } from "../proof/merkle.js";
import { ascending, consistencyPath, timestampPath } from "./paths.js";
import { clocksAhead, consider, verifyToken } from "../proof/time/timestamps.js";

/** @import { Chains, Filed } from "../proof/ledger/chains.js" */
/** @import { Checkpoint } from "../proof/ledger/notes.js" */
/** @import { TrustPolicy } from "../proof/ledger/policy.js" */
/** @import { Cover, Renewal, Stamp } from "../proof/time/timestamps.js" */
/** @typedef {{size: number, authority: string, response: Bytes}} Response a TimeStampResp in DER */
/**
 * What timestamps say.
 *
 * @typedef {object} Times
 * @property {Stamp[]} stamps proved ones
 * @property {Map<number, Cover[]>} covers position of a seal → what covers it, the earliest first
 * @property {Map<number, number>} ahead position of a statement → by how many milliseconds at least its own clock is
 *   later than a timestamp that covers it
 */

/**
 * Step 8: there is one consistency file for each earlier state that something names, and each begins the common
 * checkpoint's tree.
 *
 * @param {ReadonlyMap<number, Bytes>} files by size @param {Iterable<number>} stamped sizes that timestamps are over
 * @param {Chains} chains @param {Checkpoint} checkpoint @returns {Promise<Map<number, Bytes>>} size → root
 */
export async function checkHistory(files, stamped, chains, checkpoint) {
  const begun = [...chains.items.values()].map((chain) => chain[0]);
  const started = begun.filter(({ statement }) => statement.type === "recording.started");
  const needed = new Set([...started.map(({ statement }) => statement.body.not_before.size), ...stamped]);
  needed.delete(0);
  const missing = ascending(needed).find((size) => !files.has(size));
  if (missing !== undefined) {
    throw new NotProved("incomplete", "nothing shows that this earlier state begins the ledger", consistencyPath(missing));
  }
  const surplus = ascending(files.keys()).find((size) => !needed.has(size));
  if (surplus !== undefined) throw new NotProved("not-proved", "nothing here names this earlier state", consistencyPath(surplus));
  /** @type {Map<number, Bytes>} */
  const roots = new Map();
  for (const [size, bytes] of files) {
    roots.set(size, await located(consistencyPath(size), () => rootOf(size, bytes, checkpoint)));
  }
  for (const { statement, position } of started) {
    const { size, root } = statement.body.not_before;
    if (toHex(roots.get(size) ?? (await emptyRoot())) === root) continue;
    throw new NotProved("not-proved", "the ledger that it was begun after is not the one proved here", `statement ${position}`);
  }
  return roots;
}

/** @param {number} size @param {Bytes} bytes @param {Checkpoint} checkpoint */
async function rootOf(size, bytes, checkpoint) {
  const earlier = parseConsistency(bytes);
  if (earlier.size !== size) throw new NotProved("not-proved", `it is about a tree of ${earlier.size} entries`);
  await verifyConsistency(size, earlier.root, checkpoint.size, checkpoint.root, earlier.proof);
  return earlier.root;
}

/**
 * Step 9: each timestamp is by an authority of the policy, over an earlier state of this ledger, and none contradicts
 * another.
 *
 * @param {readonly Response[]} responses @param {ReadonlyMap<number, Bytes>} roots of step 8 @param {Chains} chains
 * @param {TrustPolicy} policy @returns {Promise<Times>}
 */
export async function checkTimes(responses, roots, chains, policy) {
  const stamps = await inOrder(
    responses.map((one) => {
      const root = /** @type {Bytes} */ (roots.get(one.size));
      return located(timestampPath(one.size, one.authority), () => stampOf(one, root, policy));
    }),
  );
  const renewals = chains.registry
    .filter(({ statement }) => statement.type === "timestamp.renewed")
    .map(({ statement: { body }, position }) => /** @type {Renewal} */ ({ ...body, position }));
  const items = [...chains.items.values()].flat();
  const seals = items.filter(({ statement: { type } }) => type === "recording.sealed" || FILES_SEALED.has(type)).map(({ position }) => position);
  const all = [...items, ...[...chains.interviews.values(), ...chains.specimens.values()].flat(), ...chains.registry];
  const clocks = new Map(all.map(({ position, statement }) => [position, new Date(statement.at)]));
  return { stamps, covers: consider(stamps, seals, renewals), ahead: clocksAhead(stamps, clocks) };
}

/** @param {Response} response @param {Bytes} root @param {TrustPolicy} policy @returns {Promise<Stamp>} */
async function stampOf({ size, authority, response }, root, policy) {
  const anchor = policy.authorities.get(authority);
  if (!anchor) throw new NotProved("not-proved", "the policy does not name this authority");
  const checkpoint = utf8(`${policy.logKeys.origin}\n${size}\n${toBase64(root)}\n`);
  return { size, authority, root: toHex(root), token: await verifyToken(response, checkpoint, anchor) };
}
