// Keys of Ed25519 in the pages: which are read, which signatures hold, and that no reader takes one that is refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { checkBody } from "../../../web/static/proof/ledger/bodies.js";
import { concat, fromHex, sha256, text, toBase64, toHex, utf8 } from "../../../web/static/proof/bytes.js";
import { browserKnowsEd25519, ed25519Key, verifyEd25519 } from "../../../web/static/proof/ed25519.js";
import { Malformed, NotProved } from "../../../web/static/proof/errors.js";
import { parseVerifierKey } from "../../../web/static/proof/ledger/notes.js";
import { parsePolicy } from "../../../web/static/proof/ledger/policy.js";
import { verifyReceipt } from "../../../web/static/proof/ledger/receipts.js";
import { checkSignature } from "../../../web/static/proof/ledger/signatures.js";
import { loadKey } from "../../../web/static/proof/ledger/webauthn.js";
import { withoutAlgorithms } from "./without_algorithms.js";

const vectors = new URL("../../vectors/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(`ed25519/${name}.json`, vectors), "utf8"));
const bytes = (hex) => fromHex(hex, hex.length / 2);
const keys = read("keys").map(({ key, taken }) => ({ key: bytes(key), taken }));
const taken = keys.filter((one) => one.taken).map(({ key }) => key);
const refused = keys.filter((one) => !one.taken).map(({ key }) => key);
/** The neutral point: R = 1, S = 0 is a signature under it of every message, by anybody. */
const ONE = bytes(`01${"00".repeat(31)}`);
const FORGED = concat(ONE, new Uint8Array(32));

/** Who does the arithmetic, and what a test does for that. */
const BY = { "the browser": () => {}, "the page's own code": (of) => withoutAlgorithms(of, "Ed25519") };

for (const [by, arrange] of Object.entries(BY)) {
  for (const name of ["speccheck", "cctv", "wycheproof"]) {
    test(`each signature holds or does not as its vector says: ${name}, by ${by}`, async (of) => {
      arrange(of);
      const wrong = [];
      for (const one of read(name)) {
        const [key, message, signature] = [one.key, one.message, one.signature].map(bytes);
        const holds = await verifyEd25519(key, signature, message).catch((error) => error instanceof Malformed && false);
        if (holds !== one.holds) wrong.push(one.name);
      }
      assert.deepEqual(wrong, []);
    });
  }

  test(`a key that is no point makes no signature, by ${by}`, async (of) => {
    arrange(of);
    const [point] = taken; // its y is 2, of which there is none on the curve
    assert.equal(await verifyEd25519(point, concat(point, new Uint8Array(32)), utf8("a message")), false);
  });

  test(`a credential's key makes the same signatures, by ${by}`, async (of) => {
    arrange(of);
    const { key, signature, message } = read("wycheproof").find((one) => one.holds);
    const verifies = await loadKey("eddsa", spki(bytes(key)));
    assert.equal(await verifies(bytes(signature), bytes(message)), true);
    assert.equal(await verifies(bytes(signature), utf8("another message")), false);
    await assert.rejects(loadKey("eddsa", spki(ONE)), Malformed);
  });
}

test("a browser that refuses a point otherwise than others do changes nothing", async (of) => {
  of.mock.method(crypto.subtle, "importKey", () => Promise.reject(new DOMException("", "DataError")));
  const [point] = taken;
  assert.equal(await verifyEd25519(point, concat(point, new Uint8Array(32)), utf8("a message")), false);
});

test("whether the browser knows Ed25519 is known", async (of) => {
  assert.equal(await browserKnowsEd25519(), true);
  withoutAlgorithms(of, "Ed25519");
  assert.equal(await browserKnowsEd25519(), false);
});

const spki = (key) => concat(bytes("302a300506032b6570032100"), key);
const vkey = async (key, type) => {
  const hash = await sha256(concat(utf8("log.example\n"), Uint8Array.of(type), key));
  return `log.example+${toHex(hash.slice(0, 4))}+${toBase64(concat(Uint8Array.of(type), key))}`;
};
const policy = text(Uint8Array.from(readFileSync(new URL("packages/intact/data/policy.txt", vectors))));
const receipt = (key) => ({
  at: "2026-11-25T09:00:00.000Z", key: toBase64(key), organisation: "court", outcome: "intact",
  package: "5a".repeat(32), signature: toBase64(FORGED),
});
const READERS = {
  "a key": ed25519Key,
  "the center's key in a policy": (key) => parsePolicy(utf8(policy.replace(/^center .*$/m, `center ${toBase64(key)}`))),
  "a log's vkey": async (key) => parseVerifierKey(await vkey(key, 1)),
  "a witness's vkey": async (key) => parseVerifierKey(await vkey(key, 4)),
  "an enrolled recorder's key": (key) => checkBody("recorder.enrolled", { key: toBase64(key), name: "room-1" }),
  "a court's key": (key) => checkBody("custody.transferred", { receipt: receipt(key) }),
  "a credential": (key) => loadKey("eddsa", spki(key)),
};

for (const [name, reader] of Object.entries(READERS)) {
  test(`no reader takes a key that is refused: ${name}`, async () => {
    for (const key of taken) await reader(key);
    for (const key of refused) await assert.rejects(async () => reader(key), Malformed);
  });
}

test("a signature under a refused key is none", async () => {
  const isRefused = (error) => error instanceof NotProved && error.reason === "signature";
  await assert.rejects(checkSignature("Ed25519", ONE, FORGED, utf8("any message"), "key"), isRefused);
  await assert.rejects(verifyReceipt({ receipt: receipt(ONE) }), isRefused);
});
