// @ts-check
// Who has cosigned the ledger, in the policy's names and as the policy counts.
//
// A witness has a key of each kind, and the policy joins them in a group (docs/spec/witnessing.md). One of them alone
// is not that witness, however it is called.

import { isolate, momentText, say } from "./words.js";

/** @typedef {import("./verify_package.js").Verdict} Verdict */
/**
 * A witness as the policy names it. `of`: the group that joins this key with the same signer's others, as long as that
 * has not witnessed; `at`: the latest time stated, null where none was.
 *
 * @typedef {{name: string, at: Date | null, of: string | null}} Witness
 */

/**
 * Who has cosigned, as the policy counts: one signer's keys that a group joins are told as that group once it has
 * witnessed; every other key is told by its own name.
 *
 * @param {Verdict | null} verdict @returns {Witness[]}
 */
export function witnessesOf(verdict) {
  const { policy, cosigned } = verdict ?? {};
  if (!policy || !cosigned) return [];
  const single = new Map(cosigned);
  /** @type {Witness[]} */
  const found = [];
  for (const [group, { threshold, members }] of policy.groups) {
    const signers = new Set(members.map((member) => policy.witnesses.get(member)?.name));
    if (signers.size !== 1 || signers.has(undefined)) continue;
    const signed = members.filter((member) => single.delete(member));
    const stated = signed.map((member) => ({ name: member, at: cosigned.get(member) ?? null, of: group }));
    const at = stated.reduce((latest, one) => (one.at && (!latest || one.at > latest) ? one.at : latest), /** @type {Date | null} */ (null));
    if (signed.length >= threshold) found.push({ name: group, at, of: null });
    else found.push(...stated);
  }
  return [...found, ...[...single].map(([name, at]) => ({ name, at, of: null }))];
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
