// @ts-check
// The package is the one that was exported: nothing was put in, taken out or cut afterwards.
//
// Step 14. The last statement of each item names the digest of this package's list, and says whether the item was
// given whole or as an excerpt, from when to when.
//
// Trusts: what the steps before have proved. Specification: docs/spec/court-package.md.

import { listDigest } from "./bags.js";
import { equal } from "../proof/bytes.js";
import { canonical } from "../proof/canonical.js";
import { NotProved } from "../proof/errors.js";
import { whyNotCovered } from "../proof/recording/excerpts.js";
import { provesItself, statementPath } from "./paths.js";

/** @import { Bag } from "./bags.js" */
/** @import { Chains, Filed } from "../proof/ledger/chains.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */

/**
 * @param {Bag} bag @param {Chains} chains proved @param {readonly (Opening | FileOpening)[]} openings
 * @throws {NotProved} unless the last statement of each item names this very package, whole or as this excerpt
 */
export async function checkExports(bag, chains, openings) {
  const last = [...chains.items.values()].map((chain) => /** @type {Filed} */ (chain.at(-1)));
  const exports = new Set(last.map(({ position }) => statementPath(position)));
  const digest = await listDigest(bag.payload, (path) => !provesItself(path) && !exports.has(path));
  for (const { statement, position } of last) {
    const where = `statement ${position}`;
    if (statement.type !== "evidence.exported") {
      throw new NotProved("incomplete", "the chain does not end in the export of this package", where);
    }
    if (statement.body.package !== digest) throw new NotProved("altered", "the package is not the one that was exported", where);
  }
  for (const opening of openings) checkExtent(opening);
  for (const one of last) checkOrder(one, chains);
}

/**
 * What was ordered is what was made. An order may be left out of a package, as what is stated about an interview may be.
 *
 * @param {Filed} exported @param {Chains} chains
 */
function checkOrder({ statement: { body, evidence, actor, purpose }, position }, chains) {
  if (body.order === undefined) return;
  const wanted = canonical({ evidence, excerpt: body.excerpt });
  for (const { statement: ordered } of [...chains.interviews.values()].flat()) {
    if (ordered.type !== "export.ordered" || ordered.body.order !== body.order) continue;
    const theirs = ordered.actor.id === actor.id && ordered.purpose === purpose;
    const named = ordered.body.items.some((/** @type {unknown} */ item) => equal(canonical(item), wanted));
    if (!theirs || !named) throw new NotProved("not-proved", "it is not what was ordered", `statement ${position}`);
  }
}

/** @param {Opening | FileOpening} opening */
function checkExtent({ excerpt, sealed: { chain, manifest } }) {
  const { statement, position } = /** @type {Filed} */ (chain.at(-1));
  const extent = statement.body.excerpt;
  const wrong = (/** @type {string} */ why) => new NotProved("not-proved", why, `statement ${position}`);
  if (!excerpt && extent) throw wrong("it was exported as an excerpt, and is here whole");
  if (!excerpt) return;
  if (!extent) throw wrong("it was exported whole, and here is an excerpt");
  const why = whyNotCovered(excerpt, extent, manifest);
  if (why !== null) throw wrong(why);
}
