// What is typed to unlock the vault, as the page seals it: the same bytes that tests/unit/vault/test_unlocking.py opens.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sealed } from "../../../web/static/health/unlock.js";

const VECTOR = JSON.parse(readFileSync(new URL("../../unit/vault/vectors/unlocking.json", import.meta.url), "utf8"));
const TO = { key: VECTOR.key, vault: VECTOR.id };

async function ephemeral() {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.from(VECTOR.ephemeral, "base64")]);
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, true, ["deriveBits"]);
  const { crv, kty, x } = await crypto.subtle.exportKey("jwk", privateKey);
  return { privateKey, publicKey: await crypto.subtle.importKey("jwk", { crv, kty, x }, { name: "X25519" }, true, []) };
}

test("the page seals what the keyholder reads", async () => {
  assert.equal(await sealed(VECTOR.typed, TO, await ephemeral()), VECTOR.sealed);
});

test("every passphrase is sent in one length, and the longest fits", async () => {
  for (const typed of ["", "a", "ع".repeat(2047)]) {
    assert.equal(Buffer.from(await sealed(typed, TO), "base64").length, 32 + 4096 + 16);
  }
  await assert.rejects(sealed("ع".repeat(2048), TO), RangeError);
});
