// @ts-check
// Who has cosigned the ledger, in the policy's names and as the policy counts.
//
// A witness has a key of each kind, and the policy joins them in a group (docs/spec/witnessing.md). One of them alone
// is not that witness, however it is called.

import { namedWitnesses } from "../proof/ledger/third_parties.js";
import { isolate, momentText, say } from "../page/words.js";

/** @import { Verdict } from "../package/verify.js" */
/**
 * A witness as people count it, or one of its keys. `of`: the witness whose key this is, as long as that has not
 * cosigned with all of them; `at`: the latest time stated, null where none was.
 *
 * @typedef {{name: string, at: Date | null, of: string | null}} Witness
 */

/**
 * Who has cosigned: a witness once it has done so with all its keys; else those of its keys that have.
 *
 * @param {Verdict | null} verdict @returns {Witness[]}
 */
export function witnessesOf(verdict) {
  const { policy, cosigned, witnesses } = verdict ?? {};
  if (!policy || !cosigned || !witnesses) return [];
  /** @type {Witness[]} */
  const found = [];
  for (const { name, keys } of namedWitnesses(policy)) {
    const at = witnesses.get(name);
    if (at !== undefined) found.push({ name, at, of: null });
    else for (const key of keys) if (cosigned.has(key)) found.push({ name: key, at: cosigned.get(key) ?? null, of: name });
  }
  return found;
}

/** @param {Witness} witness */
export function witnessName({ name, of }) {
  return of === null ? isolate(name) : say("fact.witness.key", { name: isolate(name), group: isolate(of) });
}

/** @param {Witness} witness */
export function witnessText(witness) {
  const name = witnessName(witness);
  return witness.at ? say("fact.witness.says", { name, at: momentText(witness.at) }) : say("fact.witness.timeless", { name });
}
