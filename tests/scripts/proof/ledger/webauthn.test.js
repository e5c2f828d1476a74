// Assertions of authenticators in the pages: each vector holds or is refused as in the other verifier, in its words.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fromBase64, sha256 } from "../../../../web/static/proof/bytes.js";
import { isUnsupported, Malformed, NotProved } from "../../../../web/static/proof/errors.js";
import { loadKey, verifyAssertion } from "../../../../web/static/proof/ledger/webauthn.js";
import { withoutAlgorithms } from "../without_algorithms.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../../../vectors/webauthn/${name}.json`, import.meta.url), "utf8"));

for (const name of ["es256", "rs256", "eddsa", "chromium-es256", "chromium-rs256", "chromium-eddsa"]) {
  test(`each assertion holds or is refused as its vector says: ${name}`, async () => {
    const { credential, message, cases } = read(name);
    const key = { ...credential, key: fromBase64(credential.key) };
    const challenge = await sha256(fromBase64(message));
    for (const one of cases) {
      const [authenticator, client, signature] = [one.authenticator, one.client, one.signature].map(fromBase64);
      const verified = verifyAssertion({ authenticator, client, signature }, key, challenge);
      if (one.refused === null) await verified;
      else await assert.rejects(verified, (error) => error instanceof NotProved && error.message === one.refused, one.name);
    }
  });
}

test("each key of a credential is taken in its one form, or refused", async () => {
  for (const { name, algorithm, key, taken } of read("keys").keys) {
    const loaded = loadKey(algorithm, fromBase64(key));
    if (taken) assert.equal(typeof (await loaded), "function", name);
    else await assert.rejects(loaded, Malformed, name);
  }
});

for (const [algorithm, missing] of [["es256", "ECDSA"], ["rs256", "RSASSA-PKCS1-v1_5"]]) {
  test(`in a browser without ${missing} a credential's signature neither holds nor is wrong`, async (of) => {
    const { credential, cases: [good] } = read(algorithm);
    withoutAlgorithms(of, missing);
    const holds = await loadKey(algorithm, fromBase64(credential.key));
    await assert.rejects(holds(fromBase64(good.signature), new Uint8Array(0)), isUnsupported);
  });
}
