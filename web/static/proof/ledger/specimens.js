// @ts-check
// The custody of specimens: who had each, under which seal, until when. A specimen is an object outside the center's
// systems: what is proved is who stated what about it, and that the statements agree. What is in a kit is where the kit is,
// until it is handed over or destroyed apart from the kit.
//
// Trusts: `checkChains`, which proves each chain. Specification: docs/spec/specimen.md.

import { NotProved } from "../errors.js";
import { KIT, WITHDRAWN } from "./types.js";

/** @import { Filed } from "./chains.js" */
/** @typedef {{organisation: string, person: string, role: string}} Party */
/**
 * Where a specimen is, by the statements so far.
 *
 * @typedef {object} Custody
 * @property {Filed} taken @property {Party} holder @property {string} seal @property {string} at
 * @property {Custody | null} kit @property {boolean} apart whether it is not, or no longer, in a kit
 * @property {boolean} byLink whether its holder confirmed by a one-time link that they had it
 * @property {Filed | null} pending its handover that has no receipt yet @property {Filed | null} ended
 */

const ENDED = "the specimen had been destroyed or withdrawn before";

/** @param {Filed} one @param {string} why @param {"incomplete" | "not-proved"} [reason] */
const wrong = (one, why, reason = "not-proved") => new NotProved(reason, why, `statement ${one.position}`);

/** The custody that says where it is: the kit's while it is in one. @param {Custody} custody */
export const placeOf = (custody) => (custody.apart || !custody.kit ? custody : custody.kit);

/**
 * Where each specimen is, by its id, in the order in which they were taken.
 *
 * @param {Pick<import("./chains.js").Chains, "specimens">} chains @param {string} deployment
 * @returns {Map<string, Custody>} @throws {NotProved}
 */
export function checkSpecimens({ specimens }, deployment) {
  /** @type {Map<string, Custody>} */
  const found = new Map();
  for (const one of [...specimens.values()].flat().toSorted((a, b) => a.position - b.position)) {
    const { evidence, at, type } = one.statement;
    const custody = found.get(evidence);
    if (!custody) {
      found.set(evidence, taken(one, found));
      continue;
    }
    if (at < custody.at) throw wrong(one, "its time is before that of the statement before it");
    custody.at = at;
    if (placeOf(custody).ended) throw wrong(one, ENDED);
    if (type === "specimen.handed-over") handOver(one, custody, deployment);
    else if (type === "specimen.received") receive(one, custody, deployment);
    else if (type === "specimen.recalled") recall(one, custody, deployment);
    else if (type === "specimen.link-made") makeLink(one, placeOf(custody), deployment);
    else if (type === "specimen.destroyed") destroy(one, custody, deployment);
    else withdraw(one, custody, found, deployment);
  }
  return found;
}

/** @param {Filed} one @param {ReadonlyMap<string, Custody>} found @returns {Custody} */
function taken(one, found) {
  const { actor, at, body, case: ofCase } = one.statement;
  const holder = { organisation: actor.organisation, person: actor.id, role: actor.role };
  const custody = { taken: one, holder, seal: body.seal, at, kit: null, apart: true, byLink: false, pending: null, ended: null };
  if (body.kit === undefined) return custody;
  const kit = found.get(body.kit);
  if (!kit) throw wrong(one, "the kit that it was put into is not here, or was taken after it", "incomplete");
  const { statement } = kit.taken;
  if (statement.body.kind !== KIT || statement.case !== ofCase) throw wrong(one, "it was put into what is no kit of its case");
  checkHolder(one, kit, holder);
  return { ...custody, kit, apart: false };
}

/** @param {Filed} one @param {Custody} custody @param {string} deployment */
function handOver(one, custody, deployment) {
  const { at, body } = one.statement;
  if (body.until <= at) throw wrong(one, "it was to be received before it was handed over");
  leave(one, custody, deployment);
  custody.pending = one;
}

/** @param {Filed} one @param {Custody} custody @param {string} deployment */
function receive(one, custody, deployment) {
  const { receiver, proof } = one.statement.body;
  const handed = handover(one, custody);
  if (receiver.organisation !== handed.statement.body.to.organisation) {
    throw wrong(one, "it was received by another organisation than it was handed over to");
  }
  if (receiver.person === custody.holder.person) throw wrong(one, "it was received by the person who handed it over");
  checkActor(one, receiver, proof, deployment);
  checkState(one, custody);
  Object.assign(custody, { holder: receiver, pending: null, byLink: proof === "link" });
}

/** @param {Filed} one @param {Custody} custody @param {string} deployment */
function recall(one, custody, deployment) {
  const handed = handover(one, custody);
  checkActor(one, custody.holder, handed.statement.body.proof, deployment);
  custody.pending = null;
}

/** @param {Filed} one @param {Custody} custody @param {string} deployment */
function destroy(one, custody, deployment) {
  leave(one, custody, deployment);
  custody.ended = one;
}

/**
 * Its taker still has it, and no other statement depends on its taking.
 *
 * @param {Filed} one @param {Custody} custody @param {ReadonlyMap<string, Custody>} found @param {string} deployment
 */
function withdraw(one, custody, found, deployment) {
  if (one.statement.number !== 1) throw wrong(one, "a taking was withdrawn of which more had been stated");
  checkHolder(one, placeOf(custody), custody.holder);
  checkActor(one, custody.holder, "account", deployment);
  if ([...found.values()].some((other) => other.kit === custody && !isWithdrawn(other))) {
    throw wrong(one, "the taking of a kit was withdrawn, and specimens had been put into it");
  }
  Object.assign(custody, { apart: true, ended: one });
}

/** Whether its taker stated that it was entered in error. @param {Custody} custody */
const isWithdrawn = ({ ended }) => ended?.statement.type === WITHDRAWN;

/** @param {Filed} one @param {Custody} place @param {string} deployment */
function makeLink(one, place, deployment) {
  if (!has(place, one.statement.body.holder) || !place.byLink) throw wrong(one, "a link was made for somebody who had not received it by one");
  if (one.statement.actor.id === deployment) throw wrong(one, "a link was made by nobody");
}

/** Its giver has it; it is taken out of its kit. @param {Filed} one @param {Custody} custody @param {string} deployment */
function leave(one, custody, deployment) {
  const { giver, proof } = one.statement.body;
  checkHolder(one, placeOf(custody), giver);
  checkActor(one, giver, proof, deployment);
  checkState(one, custody);
  Object.assign(custody, { holder: giver, apart: true, byLink: proof === "link" });
}

/** @param {Filed} one @param {Custody} place @param {Party} party */
function checkHolder(one, place, party) {
  if (place.ended) throw wrong(one, ENDED);
  if (place.pending) throw wrong(one, "an earlier handover had neither been received nor recalled");
  if (!has(place, party)) throw wrong(one, "it is the act of somebody who did not have the specimen");
}

/** @param {Custody} place @param {Party} party */
const has = ({ holder }, party) => party.person === holder.person && party.organisation === holder.organisation;

/** @param {Filed} one @param {Party} party @param {string} proof @param {string} deployment */
function checkActor(one, party, proof, deployment) {
  const { id, organisation } = one.statement.actor;
  const stated = proof === "account" ? id === party.person && organisation === party.organisation : id === deployment;
  if (!stated) throw wrong(one, "its actor is not who it says to have confirmed it");
}

/** What it says of seal and storage; a seal that was not intact may have been replaced. @param {Filed} one @param {Custody} custody */
function checkState(one, custody) {
  const { intact, seal, stored } = one.statement.body;
  if (intact && seal !== custody.seal) throw wrong(one, "it names another seal than the statement before, as intact");
  if ((stored === null) !== (custody.taken.statement.body.storage === null)) {
    throw wrong(one, "it answers a storage condition that was not asked, or not the one that was");
  }
  custody.seal = seal;
}

/** The pending handover that a receipt or recall names. @param {Filed} one @param {Custody} custody @returns {Filed} */
function handover(one, { pending }) {
  if (pending?.statement.body.handover !== one.statement.body.handover) throw wrong(one, "it is of no handover that is pending");
  return /** @type {Filed} */ (pending);
}
