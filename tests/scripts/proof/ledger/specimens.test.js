// Specimens in the pages: who had each, and what contradicts that.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkSpecimens, placeOf } from "../../../../web/static/proof/ledger/specimens.js";
import { NotProved } from "../../../../web/static/proof/errors.js";

const [CENTER, KIT, SWAB, CASE, NURSE, OFFICER] = ["d0", "5a", "5b", "c0", "a1", "b1"].map((one) => one.repeat(16));
const party = (person, organisation = "health") => ({ organisation, person, role: "any" });
const seen = { intact: true, proof: "account", seal: "s-1", stored: null };
const handover = "71".repeat(16);

/** Statements about specimens, each a minute after the one before. */
class Ledger {
  filed = [];

  say(type, evidence, body, id = NURSE, fields = {}) {
    const position = this.filed.length;
    const at = `2026-11-24T10:${String(position).padStart(2, "0")}:00.000Z`;
    const organisation = id === OFFICER ? "police" : "health";
    const number = this.filed.filter((one) => one.statement.evidence === evidence).length;
    this.filed.push({ position, statement: { type, evidence, number, body, at, case: CASE, actor: { id, organisation, role: "any" }, ...fields } });
    return this;
  }

  take(evidence, number, body = {}) {
    return this.say("specimen.taken", evidence, { kind: "swab", number, seal: "s-1", storage: null, ...body });
  }

  hand(evidence, body = {}, id = NURSE, fields = {}) {
    const to = { organisation: "police", role: "officer" };
    return this.say("specimen.handed-over", evidence, { ...seen, giver: party(NURSE), handover, to, until: "2026-12-01T00:00:00.000Z", ...body }, id, fields);
  }

  receive(evidence, body = {}, id = OFFICER, fields = {}) {
    return this.say("specimen.received", evidence, { ...seen, handover, receiver: party(OFFICER, "police"), ...body }, id, fields);
  }

  found() {
    const specimens = new Map(this.filed.map(({ statement: { evidence } }) => [evidence, this.filed.filter((one) => one.statement.evidence === evidence)]));
    return checkSpecimens({ specimens }, CENTER);
  }

  refused(reason) {
    assert.throws(() => this.found(), (error) => error instanceof NotProved && reason.test(error.message));
  }
}

const taken = () => new Ledger().take(SWAB, 1);
const kit = () => new Ledger().take(KIT, 1, { kind: "kit" }).take(SWAB, 2, { kit: KIT });

test("a specimen is with who received it last, and pending until then", () => {
  const pending = taken().hand(SWAB).found().get(SWAB);
  assert.deepEqual([pending.holder.person, pending.pending.position], [NURSE, 1]);
  const received = taken().hand(SWAB).receive(SWAB).found().get(SWAB);
  assert.deepEqual([received.holder.person, received.pending], [OFFICER, null]);
});

test("a handover that was recalled may be made again", () => {
  const recalled = taken().hand(SWAB).say("specimen.recalled", SWAB, { handover });
  assert.equal(recalled.found().get(SWAB).pending, null);
  recalled.hand(SWAB).receive(SWAB).found();
});

test("what is in a kit is where the kit is, until it is handed over apart from it", () => {
  const found = kit().hand(KIT).receive(KIT).found();
  assert.equal(placeOf(found.get(SWAB)).holder.person, OFFICER);
  const apart = kit().hand(SWAB).receive(SWAB).found();
  assert.deepEqual([KIT, SWAB].map((one) => placeOf(apart.get(one)).holder.person), [NURSE, OFFICER]);
  kit().hand(KIT).receive(KIT).hand(SWAB).refused(/did not have the specimen/);
});

test("a seal that was not intact may be another one from then on", () => {
  taken().hand(SWAB, { seal: "s-2" }).refused(/another seal/);
  const found = taken().hand(SWAB).receive(SWAB, { intact: false, seal: "s-2" }).found();
  assert.equal(found.get(SWAB).seal, "s-2");
});

test("nothing is handed on by another, twice, earlier, or after its destruction", () => {
  taken().hand(SWAB, { giver: party(OFFICER) }, OFFICER).refused(/did not have the specimen/);
  taken().hand(SWAB).hand(SWAB).refused(/neither been received nor recalled/);
  taken().hand(SWAB).receive(SWAB).receive(SWAB).refused(/no handover that is pending/);
  taken().hand(SWAB).receive(SWAB, {}, OFFICER, { at: "2026-11-24T09:00:00.000Z" }).refused(/before that of the statement/);
  taken().say("specimen.destroyed", SWAB, { ...seen, giver: party(NURSE), reason: "used-up" }).hand(SWAB).refused(/had been destroyed or withdrawn/);
});

test("a confirmation is by the person it names, or by the center's system for a link", () => {
  taken().hand(SWAB).receive(SWAB, {}, NURSE).refused(/not who it says/);
  taken().hand(SWAB).receive(SWAB, { proof: "link" }).refused(/not who it says/);
  taken().hand(SWAB).receive(SWAB, { proof: "link" }, CENTER).found();
});

test("a link is made by a person, for who has it and received it by a link", () => {
  const link = (ledger, holder, id = NURSE) => ledger.say("specimen.link-made", SWAB, { holder }, id);
  const officer = party(OFFICER, "police");
  const received = () => taken().hand(SWAB).receive(SWAB, { proof: "link" }, CENTER);
  assert.equal(link(received(), officer).found().get(SWAB).holder.person, OFFICER);
  link(taken().hand(SWAB).receive(SWAB), officer).refused(/had not received it by one/);
  link(taken(), party(NURSE)).refused(/had not received it by one/);
  link(received(), party(NURSE)).refused(/had not received it by one/);
  link(received(), officer, CENTER).refused(/made by nobody/);
  link(kit().hand(KIT).receive(KIT, { proof: "link" }, CENTER), officer).found();
});

test("a taking is withdrawn by its taker before anything else is stated of it, a kit's once it is empty", () => {
  const withdraw = (ledger, specimen, id = NURSE) => ledger.say("specimen.withdrawn", specimen, { reason: "entered-twice" }, id);
  const both = withdraw(withdraw(kit(), SWAB), KIT).found();
  assert.deepEqual([KIT, SWAB].map((one) => placeOf(both.get(one)) === both.get(one) && both.get(one).ended.position), [3, 2]);
  withdraw(taken(), SWAB, OFFICER).refused(/not who it says/);
  withdraw(taken().hand(SWAB).say("specimen.recalled", SWAB, { handover }), SWAB).refused(/more had been stated/);
  withdraw(kit(), KIT).refused(/had been put into it/);
  withdraw(kit().hand(SWAB), KIT).refused(/had been put into it/);
  withdraw(kit().hand(KIT).receive(KIT), SWAB).refused(/did not have the specimen/);
  withdraw(kit().hand(KIT), SWAB).refused(/neither been received nor recalled/);
  withdraw(taken(), SWAB).hand(SWAB).refused(/destroyed or withdrawn/);
  withdraw(new Ledger().take(KIT, 1, { kind: "kit" }), KIT).take(SWAB, 2, { kit: KIT }).refused(/destroyed or withdrawn/);
});
