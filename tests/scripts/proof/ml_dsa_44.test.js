// ML-DSA-44 in the pages: public vectors, and the same answers as two other implementations give of altered signatures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ml_dsa44 as other } from "@noble/post-quantum/ml-dsa.js";

import { concat, utf8 } from "../../../web/static/proof/bytes.js";
import { Shake, SHAKE256 } from "../../../web/static/proof/keccak.js";
import { verifyInternal, verifyMlDsa44 } from "../../../web/static/proof/ml_dsa_44.js";
import { flips, sequence } from "./altered_bits.js";

const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));
const vectors = new URL("../../vectors/mldsa44/", import.meta.url);

/** Each vector of a file, with its bytes. */
function read(name) {
  const { keys, signatures } = JSON.parse(readFileSync(new URL(`${name}.json`, vectors), "utf8"));
  return signatures.map(({ key, message, context = "", signature, ...rest }) => ({
    ...rest, key: bytes(keys[key]), message: bytes(message), context: bytes(context), signature: bytes(signature),
  }));
}

async function inNode(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw-public", key, { name: "ML-DSA-44" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ML-DSA-44" }, imported, signature, message);
}

for (const name of ["wycheproof", "kat"]) {
  test(`each signature holds or does not as its vector says: ${name}`, () => {
    const wrong = read(name).filter(
      ({ key, signature, message, context, holds }) => verifyMlDsa44(key, signature, message, context) !== holds,
    );
    assert.deepEqual(wrong.map(({ name: one }) => one), []);
  });
}

test("each signature holds or does not as its vector says: acvp, where nothing precedes the message", () => {
  const wrong = read("acvp").filter(({ key, signature, message, holds }) => verifyInternal(key, signature, message) !== holds);
  assert.deepEqual(wrong.map(({ name }) => name), []);
  assert.ok(read("acvp").every(({ key, signature, message }) => !verifyMlDsa44(key, signature, message)));
});

test("under a context of more than 255 bytes no signature holds", () => {
  const { publicKey, secretKey } = other.keygen(sequence(32, 7));
  const message = utf8("a message");
  const longest = sequence(255, 1);
  assert.equal(verifyMlDsa44(publicKey, other.sign(message, secretKey, { context: longest }), message, longest), true);
  // What would be signed, were the length of 256 cut to one byte.
  const formatted = Uint8Array.of(0, 0, ...sequence(256, 1), ...message);
  const signature = other.internal.sign(formatted, secretKey);
  assert.equal(verifyInternal(publicKey, signature, formatted), true);
  assert.equal(verifyMlDsa44(publicKey, signature, message, sequence(256, 1)), false);
});

test("an altered bit anywhere makes a signature fail, here as elsewhere", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { publicKey, secretKey } = other.keygen(sequence(32, round));
    const message = sequence(40 * round + 1, round);
    const signature = other.sign(message, secretKey, { extraEntropy: sequence(32, 99 + round) });
    assert.equal(verifyMlDsa44(publicKey, signature, message), true);
    assert.equal(await inNode(publicKey, signature, message), true);
    const cases = [
      // The seed of the matrix, and t1.
      ...flips(publicKey, [[0, 32], [32, 1312]], round).map((key) => [key, signature, message]),
      // The challenge, each polynomial of z, the places of hints, the places that are left, their numbers.
      ...flips(signature, [[0, 32], [32, 608], [608, 1184], [1184, 1760], [1760, 2336], [2336, 2416], [2410, 2416], [2416, 2420]], round)
        .map((altered) => [publicKey, altered, message]),
      ...flips(message, [[0, message.length]], round).map((altered) => [publicKey, signature, altered]),
    ];
    for (const [key, altered, signed] of cases) {
      const found = [verifyMlDsa44(key, altered, signed), other.verify(altered, signed, key), await inNode(key, altered, signed)];
      assert.deepEqual(found, [false, false, false]);
    }
  }
});

// A key whose t1 is 0: anybody can sign under it, with whatever hints. With z = 0 as well, each value to be rounded is 0,
// and comes out as 0 without a hint and as 43 with one.
const NO_KEY = new Uint8Array(1312);
const HINTED = 43;

/** A signature under that key, with these bytes for its hints, which holds if they mean those places in each polynomial. */
function forged(packed, places, message) {
  const digest = (length, ...parts) => new Shake(SHAKE256, ...parts).read(length);
  const w1 = places.map((hinted) => {
    const bits = Array.from({ length: 256 }, (_, i) => (hinted.includes(i) ? HINTED : 0))
      .map((value) => value.toString(2).padStart(6, "0").split("").reverse().join("")).join("");
    return Uint8Array.from(bits.match(/.{8}/g), (byte) => parseInt(byte.split("").reverse().join(""), 2));
  });
  const challenge = digest(32, digest(64, digest(64, NO_KEY), Uint8Array.of(0, 0), message), ...w1);
  const zero = Uint8Array.of(0, 0, 2, 0, 8, 0, 32, 0, 128); // four times 2^17, in 18 bits each
  return concat(challenge, ...Array.from({ length: 256 }, () => zero), packed);
}

/** @param {number[]} given places, from the beginning @param {number[]} ends the four numbers behind them */
const hints = (given, ends) => Uint8Array.from([...given, ...Array(80 - given.length).fill(0), ...ends]);
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

for (const [what, packed, places, holds] of [
  ["as they are written", hints([5, 9, 7], [2, 3, 3, 3]), [[5, 9], [7], [], []], true],
  ["none", hints([], [0, 0, 0, 0]), [[], [], [], []], true],
  ["as many as there can be", hints(upTo(80), [80, 80, 80, 80]), [upTo(80), [], [], []], true],
  ["in another order", hints([9, 5], [2, 2, 2, 2]), [[5, 9], [], [], []], false],
  ["one twice", hints([5, 5], [2, 2, 2, 2]), [[5], [], [], []], false],
  ["a place behind the last", hints([5, 9], [1, 1, 1, 1]), [[5], [], [], []], false],
  ["numbers that fall", hints([5, 9], [2, 1, 2, 2]), [[5, 9], [], [9], []], false],
  ["more than there can be", hints([...upTo(70), ...upTo(10)], [70, 70, 70, 81]), [upTo(70), [], [], [...upTo(10), 70]], false],
]) {
  test(`hints have one encoding: ${what}`, async () => {
    const message = utf8("a message");
    const signature = forged(packed, places, message);
    const found = [verifyMlDsa44(NO_KEY, signature, message), other.verify(signature, message, NO_KEY), await inNode(NO_KEY, signature, message)];
    assert.deepEqual(found, [holds, holds, holds]);
  });
}
