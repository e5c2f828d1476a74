// Sheets of acts in the pages: each act at its place, the sheet whole, and in its one form.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toHex, utf8 } from "../../../../web/static/proof/bytes.js";
import { Malformed, NotProved } from "../../../../web/static/proof/errors.js";
import { challengeOf, checkSheet, parsePlace } from "../../../../web/static/proof/ledger/sheets.js";
import { leafHash, nodeHash } from "../../../../web/static/proof/merkle.js";

const ACTS = ["first", "second", "third"].map(utf8);
const [A, B, C] = await Promise.all(ACTS.map(leafHash));
const AB = await nodeHash(A, B);
const ROOT = await nodeHash(AB, C);
const PLACES = [[B, C], [A, C], [AB]].map((path, index) => ({ index, size: 3, path }));

const refused = (work, reason, words) =>
  assert.rejects(work, (error) => error instanceof NotProved && error.reason === reason && words.test(error.message));

test("each act leads to the challenge of its sheet from its own place alone", async () => {
  for (const [i, act] of ACTS.entries()) {
    for (const [j, place] of PLACES.entries()) {
      assert.equal(toHex(await challengeOf(place, act)) === toHex(ROOT), i === j);
    }
  }
  assert.deepEqual(await challengeOf({ index: 0, size: 1, path: [] }, utf8("first")), A);
});

test("a path with a hash too many or too few is refused", async () => {
  await refused(challengeOf({ ...PLACES[0], path: [B] }, ACTS[0]), "signature", /place on its sheet.*too short/);
  await refused(challengeOf({ ...PLACES[2], path: [AB, C] }, ACTS[2]), "signature", /place on its sheet.*too long/);
});

test("a place is read in its one form, or refused", () => {
  const hash = "00".repeat(32);
  const good = { index: 1, path: [hash], size: 2 };
  assert.deepEqual(parsePlace(good), { index: 1, path: [new Uint8Array(32)], size: 2 });
  assert.equal(parsePlace({ index: 63, path: Array(6).fill(hash), size: 64 }).size, 64);
  for (const wrong of [
    { ...good, size: 65 }, { ...good, index: 2 }, { ...good, size: 0 }, { ...good, index: -1 }, { ...good, path: [hash.slice(2)] },
    { ...good, path: Array(7).fill(hash) }, { ...good, path: {} }, { ...good, path: [null] }, { ...good, more: 1 }, null,
  ]) {
    assert.throws(() => parsePlace(wrong), Malformed);
  }
});

test("a sheet is whole and in order in its chain", () => {
  const assertion = { authenticator: utf8("a"), client: utf8("c"), signature: utf8("s") };
  const on = (index, size, more = {}) => [{ key: "11", kind: "webauthn", ...assertion, sheet: { index, size, path: [] }, ...more }];
  const center = [{ key: "22", kind: "ed25519", signature: utf8("s") }];
  for (const [before, after] of [[[], on(0, 2)], [on(0, 2), on(1, 2)], [on(1, 2), []], [on(1, 2), center], [on(0, 1), on(0, 1)]]) {
    checkSheet(before, after);
  }
  for (const [before, after, words] of [
    [[], on(1, 2), /the act before this one/],
    [center, on(1, 2), /the act before this one/],
    [on(0, 3), on(2, 3), /the act before this one/],
    [on(0, 2), on(1, 3), /the act before this one/],
    [on(0, 2), on(1, 2, { signature: utf8("other") }), /the act before this one/],
    [on(0, 2), on(1, 2, { key: "33" }), /the act before this one/],
    [on(0, 2), center, /its next act/],
    [on(0, 2), [], /its next act/],
    [on(0, 2), on(0, 1), /its next act/],
  ]) {
    assert.throws(() => checkSheet(before, after), (error) => error instanceof NotProved && error.reason === "incomplete" && words.test(error.message));
  }
});
