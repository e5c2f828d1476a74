// @ts-check
// What the derivatives of a court package say they were made from, held against what is here.
//
// Part of step 12. A derivative names its sources by the manifests that were sealed. A source that is here as well must
// be that very one; of a source that is not here nothing can be said, and a report says so.
//
// Trusts: what the steps before have proved. Specification: docs/spec/court-package.md.

import { OF_PHOTOGRAPHS, OF_RECEIVED } from "../proof/ledger/types.js";
import { RECIPE_FILE } from "../proof/recording/derivatives.js";
import { NotProved } from "../proof/errors.js";
import { whyNotCovered } from "../proof/recording/excerpts.js";
import { sealOf } from "../proof/recording/sealed_recording.js";
import { FILE_KINDS, itemPath } from "./paths.js";

/** @import { Filed } from "../proof/ledger/chains.js" */
/** @import { Source } from "../proof/recording/derivatives.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */
/** How much of a source is in a package: all that the derivative was made from, less or something else of that evidence, or nothing. @typedef {"all" | "part" | "none"} Presence */

/**
 * Each source that is here is the one that the derivative names: sealed before it, in the same case, no derivative
 * itself, a recording if minutes of it are named, a photograph if it is on a sheet of photographs, which is intimate if
 * one of them is, and a received file if this is a copy of one.
 *
 * @param {readonly (Opening | FileOpening)[]} openings @throws {NotProved}
 */
export function checkSources(openings) {
  const here = new Map(openings.map((one) => [one.sealed.files.evidence, one]));
  for (const derived of openings) {
    for (const source of ("recipe" in derived && derived.recipe?.sources) || []) {
      const master = here.get(source.evidence);
      if (master) checkSource(derived, source, master);
    }
  }
}

/** How much of the source is here. @param {Source} source @param {Opening | FileOpening | undefined} master the item of that evidence @returns {Presence} */
export function presence({ excerpt }, master) {
  if (!master) return "none";
  if (!master.excerpt) return "all";
  return excerpt && whyNotCovered(master.excerpt, excerpt, master.sealed.manifest) === null ? "all" : "part";
}

/** @param {Opening | FileOpening} derived @param {Source} source @param {Opening | FileOpening} master */
function checkSource({ sealed: { files, chain } }, source, master) {
  const wrong = (/** @type {string} */ why) => new NotProved("not-proved", why, itemPath(files.kind, files.evidence, RECIPE_FILE));
  const made = chain[0];
  const begun = master.sealed.chain[0];
  const isFile = FILE_KINDS.has(master.sealed.files.kind);
  const seal = isFile ? begun : sealOf(master.sealed.chain);
  if ("recipe" in master && master.recipe) throw wrong("it was made from a derivative, not from evidence");
  if (isFile && source.excerpt) throw wrong("it was made from minutes of what has none");
  const kind = String(made.statement.body.kind);
  const fileKind = FILE_KINDS.get(master.sealed.files.kind);
  if (OF_RECEIVED.includes(kind) && fileKind !== "received") throw wrong("it was made from something else than a received file");
  if (OF_PHOTOGRAPHS.includes(kind)) {
    if (fileKind !== "photograph") throw wrong("it was made from something else than photographs");
    if (begun.statement.body.intimate && !made.statement.body.intimate) throw wrong("it was made from an intimate photograph and is not said to be intimate");
  }
  // Step 11 has held the manifest here against the one that the seal names.
  if (seal.statement.body.manifest !== source.manifest) throw wrong("it was made from other evidence than lies here under that id");
  if (seal.position >= made.position) throw wrong("it was made before what it was made from was sealed");
  if (begun.statement.case !== made.statement.case) throw wrong("it was made from evidence of another case");
}
