// @ts-check
// Details of an act, which stay outside the ledger: committed to by a salted digest.
//
// Names, reasons and notes travel beside a statement, never in it. Without them every proof stays valid; where they are
// here, it is shown that they are the ones.
//
// Step 10. Specification: docs/spec/statement.md, docs/spec/court-package.md.

import { concat, fromBase64, sha256, toHex } from "../proof/bytes.js";
import { canonical, exactly, isObject, parseCanonical } from "../proof/canonical.js";
import { Malformed, NotProved } from "../proof/errors.js";
import { detailsPath } from "./paths.js";

/** @import { Filed } from "../proof/ledger/chains.js" */

/**
 * @param {ReadonlyMap<number, Bytes>} files by position @param {readonly Filed[]} filed
 * @returns {Promise<Map<number, Record<string, unknown>>>} by position, each what its statement commits to
 */
export async function openDetails(files, filed) {
  const committed = new Map(filed.map(({ position, statement }) => [position, statement.details]));
  /** @type {Map<number, Record<string, unknown>>} */
  const found = new Map();
  for (const [position, bytes] of files) {
    const { details, salt } = exactly(parseCanonical(bytes), ["details", "salt"], detailsPath(position));
    const salted = fromBase64(salt);
    if (salted.length !== 16 || !isObject(details)) {
      throw new Malformed("details that are not an object and 16 bytes of salt", detailsPath(position));
    }
    const digest = toHex(await sha256(concat(salted, canonical(details))));
    if (digest !== committed.get(position)) {
      throw new NotProved("altered", "these are not the details that the statement commits to", `statement ${position}`);
    }
    found.set(position, details);
  }
  return found;
}
