// The equation of Ed25519 in the pages' own arithmetic: public vectors, and the same answers as two other
// implementations give of altered signatures. What is refused before the equation, ed25519.test.js tests.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ed25519 as other } from "@noble/curves/ed25519.js";

import { concat, fromHex, utf8 } from "../../../web/static/proof/bytes.js";
import { littleEndian, ORDER, satisfiesEquation } from "../../../web/static/proof/edwards25519.js";
import { flips, sequence } from "./altered_bits.js";

async function inNode(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

/** The signature with its S, and a multiple of the group's order added to it. */
function plus(signature, order) {
  const s = littleEndian(signature.slice(32)) + order;
  return concat(signature.slice(0, 32), fromHex(s.toString(16).padStart(64, "0"), 32).reverse());
}

test("signatures of mixed order satisfy the equation without the cofactor, and not the one with it alone", async () => {
  const cases = JSON.parse(readFileSync(new URL("../../vectors/ed25519/speccheck.json", import.meta.url), "utf8"));
  const bytes = (hex) => fromHex(hex, hex.length / 2);
  const found = [];
  for (const index of [3, 4, 5]) {
    const { key, signature, message } = cases[index];
    found.push(await satisfiesEquation(bytes(key), bytes(signature), bytes(message)));
  }
  assert.deepEqual(found, [true, false, false]);
});

test("an altered bit anywhere makes a signature fail, here as elsewhere", async () => {
  for (let round = 0; round < 4; round += 1) {
    const secret = sequence(32, round);
    const key = other.getPublicKey(secret);
    const message = sequence(50 * round, round);
    const signature = other.sign(message, secret);
    assert.equal(await satisfiesEquation(key, signature, message), true);
    assert.equal(await inNode(key, signature, message), true);
    const cases = [
      ...flips(key, [[0, 32]], round).map((altered) => [altered, signature, message]),
      ...flips(signature, [[0, 32], [32, 63]], round).map((altered) => [key, altered, message]),
      ...(round > 0 ? flips(message, [[0, message.length]], round) : [utf8("x")]).map((altered) => [key, signature, altered]),
    ];
    for (const [altered, changed, signed] of cases) {
      const found = [
        await satisfiesEquation(altered, changed, signed),
        other.verify(changed, signed, altered, { zip215: false }),
        await inNode(altered, changed, signed).catch(() => false),
      ];
      assert.deepEqual(found, [false, false, false]);
    }
  }
});

test("the equation alone lets S be more than the order: its caller does not", async () => {
  const secret = sequence(32, 1);
  const signature = other.sign(utf8("a message"), secret);
  assert.equal(await satisfiesEquation(other.getPublicKey(secret), plus(signature, ORDER), utf8("a message")), true);
});
