// The chains of a package in the pages: numbered and linked without a hole, each saying what its kind must say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { checkChains, checkInclusion } from "../../../../web/static/proof/ledger/chains.js";
import { NotProved } from "../../../../web/static/proof/errors.js";
import { leafHash, nodeHash } from "../../../../web/static/proof/merkle.js";

const [CENTER, INTERVIEW, EVIDENCE, SECOND, CASE] = ["d0", "10", "e0", "e1", "c0"].map((one) => one.repeat(16));
const [RECORDER, MAKER, OTHER] = ["recorder", "maker", "other"];

/** A ledger that is told what happened; each statement gets its place in it and in its chain. */
class Ledger {
  filed = [];

  /** @param {string} type @param {string} evidence @param {object} body @param {object} fields of the statement, or `key`, who signed it */
  say(type, evidence, body = {}, { key = RECORDER, actor = MAKER, ...fields } = {}) {
    const chain = this.filed.filter(({ statement }) => statement.evidence === evidence);
    const position = this.filed.length;
    const previous = chain.length ? Buffer.from(chain.at(-1).hash).toString("hex") : null;
    const statement = { type, evidence, body, case: CASE, number: chain.length, previous, actor: { id: actor }, ...fields };
    this.filed.push({ position, hash: new Uint8Array(32).fill(position + 1), statement, signatures: [{ key }] });
    return this;
  }

  opened(fields) {
    return this.say("interview.opened", INTERVIEW, { practice: false }, fields);
  }

  started(evidence = EVIDENCE, part = 1, body = {}) {
    const began = { interview: INTERVIEW, part, recorder: RECORDER, not_before: { size: 0 }, ...body };
    return this.say("recording.started", evidence, began);
  }

  sealed(evidence = EVIDENCE, state = "complete", fields = {}) {
    return this.say("recording.sealed", evidence, { state }, fields);
  }

  recorded(evidence = EVIDENCE, part = 1, body = {}) {
    return this.started(evidence, part, body).say("recording.progress", evidence).sealed(evidence);
  }

  chains(items = [EVIDENCE], files = new Map()) {
    return checkChains(this.filed, items, { deployment: CENTER }, files);
  }

  refused(reason, items, files) {
    assert.throws(() => this.chains(items, files), (error) => error instanceof NotProved && reason.test(error.message));
  }
}

const told = () => new Ledger().opened();
const registered = (ledger) => ledger.say("recorder.enrolled", CENTER, {}, { case: null });

test("what was recorded, viewed and interrupted as it should be is taken", () => {
  const { items, interviews, registry } = registered(told()).recorded().say("evidence.viewed", EVIDENCE).chains();
  assert.deepEqual([items.get(EVIDENCE).length, interviews.get(INTERVIEW).length, registry.length], [4, 1, 1]);
  told().started().say("recording.interrupted", EVIDENCE).sealed(EVIDENCE, "interrupted").chains();
});

test("a hole, a branch and another case are found", () => {
  told().recorded().say("evidence.viewed", EVIDENCE, {}, { number: 9 }).refused(/statement 3 of its chain is expected, this is 9/);
  told().recorded().say("evidence.viewed", EVIDENCE, {}, { previous: "00".repeat(32) }).refused(/does not name the statement before/);
  told().recorded().say("evidence.viewed", EVIDENCE, {}, { case: OTHER }).refused(/another case/);
});

test("a recording is begun once and sealed once, and nothing is recorded after", () => {
  told().started().refused(/never sealed/);
  told().recorded().sealed().refused(/once each/);
  told().recorded().say("evidence.viewed", EVIDENCE).say("recording.progress", EVIDENCE).refused(/after the seal/);
  told().started().say("recording.interrupted", EVIDENCE).sealed().refused(/contradict/);
  told().started().sealed(EVIDENCE, "interrupted").refused(/contradict/);
  told().started(EVIDENCE, 1, { not_before: { size: 2 } }).sealed().refused(/cannot have been there/);
});

test("all of a recording is by one recorder", () => {
  told().started().sealed(EVIDENCE, "complete", { key: OTHER }).refused(/another recorder/);
});

test("its interview was opened before, in the same case, not for practice, and not voided", () => {
  new Ledger().recorded().refused(/no statement that opened its interview/);
  new Ledger().started().opened().sealed().refused(/only after the recording began/);
  new Ledger().opened({ case: OTHER }).recorded().refused(/different cases/);
  new Ledger().say("interview.opened", INTERVIEW, { practice: true }).recorded().refused(/practice/);
  told().recorded().say("interview.voided", INTERVIEW, { reason: "duplicate" }).refused(/was voided/);
});

test("no two recordings are the same part, and one beside a part is beside that part", () => {
  told().recorded().recorded(SECOND).refused(/also part 1/, [EVIDENCE, SECOND]);
  told().recorded().recorded(SECOND, 2).chains([EVIDENCE, SECOND]);
  told().recorded().recorded(SECOND, 1, { beside: EVIDENCE }).chains([EVIDENCE, SECOND]);
  told().recorded().recorded(SECOND, 2, { beside: EVIDENCE }).refused(/beside another part/, [EVIDENCE, SECOND]);
});

test("a statement is in the chain where it belongs", () => {
  told().recorded().say("evidence.viewed", SECOND).refused(/none of the items here/);
  told().recorded().say("role.given", EVIDENCE).refused(/another chain/);
  told().recorded().say("interview.opened", EVIDENCE, { practice: false }).refused(/another chain/);
  told().recorded().refused(/no statement about the item/, [EVIDENCE, SECOND]);
});

test("consent is about a case, and in the chain of no item and no interview", () => {
  for (const type of ["consent.recorded", "consent.withdrawn"]) {
    for (const chain of [EVIDENCE, INTERVIEW]) told().recorded().say(type, chain).refused(/another chain/);
    const file = new Ledger().say("photograph.sealed", EVIDENCE, { number: 1 }).say(type, EVIDENCE);
    file.refused(/another chain/, [EVIDENCE], new Map([[EVIDENCE, "photograph"]]));
  }
});

test("a file begins with its seal, and only a derivative is checked, by somebody else than had it made", () => {
  const derived = new Map([[EVIDENCE, "derivative"]]);
  const made = () => new Ledger().say("derivative.made", EVIDENCE);
  made().say("derivative.checked", EVIDENCE, {}, { actor: OTHER }).chains([EVIDENCE], derived);
  made().say("derivative.checked", EVIDENCE).refused(/nobody but who had it made/, [EVIDENCE], derived);
  made().say("derivative.checked", EVIDENCE, {}, { actor: CENTER }).refused(/nobody but who had it made/, [EVIDENCE], derived);
  made().refused(/seal of a photograph/, [EVIDENCE], new Map([[EVIDENCE, "photograph"]]));
});

test("a statement is in the ledger at the place where it is filed, with nothing beside", async () => {
  const leaves = [Uint8Array.of(1), Uint8Array.of(2)];
  const hashes = await Promise.all(leaves.map(leafHash));
  const opened = { checkpoint: { size: 2, root: await nodeHash(...hashes) } };
  const filed = leaves.map((leaf, index) => ({ leaf, proof: { index, path: [hashes[1 - index]], extra: false }, text: "", position: index }));
  const placed = await checkInclusion(filed.toReversed(), opened);
  assert.deepEqual(placed.map(({ position }) => position), [0, 1]);
  const wrong = (change, reason) =>
    assert.rejects(checkInclusion([{ ...filed[0], ...change }], opened), (error) => error instanceof NotProved && reason.test(error.message));
  await wrong({ position: 1 }, /its proof is for position 0/);
  await wrong({ proof: { ...filed[0].proof, extra: true } }, /extra data/);
  await wrong({ leaf: leaves[1] }, /another root/);
});
