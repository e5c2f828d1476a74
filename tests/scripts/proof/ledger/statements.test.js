// A leaf of the ledger in the pages: in one spelling, and signed by whoever may sign it.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { concat, toBase64, utf8 } from "../../../../web/static/proof/bytes.js";
import { canonical } from "../../../../web/static/proof/canonical.js";
import { Malformed, NotProved } from "../../../../web/static/proof/errors.js";
import { parseLeaf, statementKeyId, verifyStatement } from "../../../../web/static/proof/ledger/statements.js";

const EVIDENCE = "e0".repeat(16);
const ACTOR = { id: "a0".repeat(16), organisation: "prosecution", role: "prosecutor" };
const VIEWED = {
  actor: ACTOR, at: "2026-11-24T20:15:03.120Z", body: {}, case: "c0".repeat(16), details: null, evidence: EVIDENCE,
  number: 1, previous: "11".repeat(32), purpose: "review", type: "evidence.viewed", v: 1,
};
const PROGRESS = { ...VIEWED, body: { records: 3, root: "22".repeat(32) }, type: "recording.progress" };

/** A key pair with its id. */
async function made() {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const bytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { private: pair.privateKey, public: bytes, id: await statementKeyId(bytes) };
}

const sign = async (key, message) => new Uint8Array(await crypto.subtle.sign("Ed25519", key.private, message));
const message = (statement) => concat(utf8("amana/statement/v1\0"), canonical(statement));
const signature = async (key, statement) => ({ key: key.id, kind: "ed25519", signature: toBase64(await sign(key, message(statement))) });
const leafOf = (statement, ...signatures) =>
  canonical({ signatures: signatures.sort((a, b) => (a.key < b.key ? -1 : 1)), statement });

let center, recorder, another, keys;
before(async () => {
  [center, recorder, another] = await Promise.all([made(), made(), made()]);
  const of = (key, holder, enrolled) => [key.id, { public: key.public, holder, name: holder, enrolled }];
  keys = new Map([of(center, "center", null), of(recorder, "recorder", 3), of(another, "center", null)]);
});

const verified = (leaf, index = 9, held = keys) => verifyStatement(parseLeaf(leaf), held, index);
const refused = (answer, reason) =>
  assert.rejects(answer, (error) => error instanceof NotProved && error.reason === "signature" && reason.test(error.message));

test("the center signs what people do, and a recorder what it records", async () => {
  await verified(leafOf(VIEWED, await signature(center, VIEWED)));
  await verified(leafOf(PROGRESS, await signature(recorder, PROGRESS)));
  await refused(verified(leafOf(VIEWED, await signature(recorder, VIEWED))), /recorder key may not sign/);
  await refused(verified(leafOf(PROGRESS, await signature(center, PROGRESS))), /center key may not sign/);
});

test("a signature covers the statement and the prefix, and each has to hold", async () => {
  const bare = { key: center.id, kind: "ed25519", signature: toBase64(await sign(center, canonical(VIEWED))) };
  await refused(verified(leafOf(VIEWED, bare)), /does not hold/);
  await refused(verified(leafOf({ ...VIEWED, purpose: "trial" }, await signature(center, VIEWED))), /does not hold/);
  for (const [right, wrong] of [[center, another], [another, center]]) {
    await refused(verified(leafOf(VIEWED, await signature(right, VIEWED), await signature(wrong, PROGRESS))), /does not hold/);
  }
});

test("a key counts from behind its enrolment until it is revoked", async () => {
  const leaf = leafOf(PROGRESS, await signature(recorder, PROGRESS));
  const revoked = new Map(keys).set(recorder.id, { ...keys.get(recorder.id), revoked: 7 });
  await verified(leaf, 4, revoked);
  await verified(leaf, 6, revoked);
  await refused(verified(leaf, 3, revoked), /enrolled only after/);
  await refused(verified(leaf, 7, revoked), /revoked before/);
  const stranger = await made();
  await refused(verified(leafOf(VIEWED, await signature(stranger, VIEWED))), /nobody has vouched for/);
});

test("a recorder signs alone", async () => {
  const second = new Map(keys).set(another.id, { ...keys.get(recorder.id), public: another.public });
  const leaf = leafOf(PROGRESS, await signature(recorder, PROGRESS), await signature(another, PROGRESS));
  await refused(verified(leaf, 9, second), /recorder alone/);
});

test("a court's receipt is signed by the court", async () => {
  const court = await made();
  const said = { at: VIEWED.at, organisation: "court", outcome: "intact", package: "33".repeat(32) };
  const signed = await sign(court, concat(utf8("amana/receipt/v1\0"), canonical({ ...said, v: 1 })));
  const transferred = (package_) => {
    const receipt = { ...said, key: toBase64(court.public), package: package_, signature: toBase64(signed) };
    return { ...VIEWED, body: { receipt }, type: "custody.transferred" };
  };
  const right = transferred(said.package);
  await verified(leafOf(right, await signature(center, right)));
  const wrong = transferred("44".repeat(32));
  await refused(verified(leafOf(wrong, await signature(center, wrong))), /court's signature/);
});

test("a leaf is ordered by key, and names no key twice", async () => {
  const [one, other] = [await signature(center, VIEWED), await signature(another, VIEWED)].sort((a, b) => (a.key < b.key ? -1 : 1));
  assert.ok(parseLeaf(canonical({ signatures: [one, other], statement: VIEWED })));
  for (const signatures of [[other, one], [one, one], [], Array(9).fill(one)]) {
    assert.throws(() => parseLeaf(canonical({ signatures, statement: VIEWED })), Malformed);
  }
});

for (const [what, change] of Object.entries({
  "another version": { v: 2 },
  "a key that is not known": { more: 1 },
  "a type that is not known": { type: "evidence.burned" },
  "an evidence id in upper case": { evidence: "E0".repeat(16) },
  "a case that is none": { case: "" },
  "a day that is not in the calendar": { at: "2026-02-30T20:15:03.120Z" },
  "free text as its purpose": { purpose: "to look at her" },
  "number 0 behind another": { number: 0 },
  "number 1 behind none": { previous: null },
  "a body that says more": { body: { reason: "asked" } },
  "an actor with a name": { actor: { ...ACTOR, name: "Amal" } },
})) {
  test(`a statement of its form has no such thing: ${what}`, async () => {
    const statement = { ...VIEWED, ...change };
    const signatures = [await signature(center, statement)];
    assert.throws(() => parseLeaf(canonical({ signatures, statement })), Malformed);
  });
}
