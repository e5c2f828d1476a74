// ML-DSA-44 in the pages: public vectors, and the same answers as two other implementations give of altered signatures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ml_dsa44 as other } from "@noble/post-quantum/ml-dsa.js";

import { utf8 } from "../../../web/static/proof/bytes.js";
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

test("hints in another order, twice, or behind their end are no second encoding of a signature", async () => {
  const { publicKey, secretKey } = other.keygen(sequence(32, 42));
  const message = utf8("a message");
  const signature = other.sign(message, secretKey, { extraEntropy: false });
  const at = 2336; // where the places begin
  const [first, second, , last] = signature.slice(2416);
  assert.ok(first >= 2 && last < 80, "a signature with two hints in the first polynomial, and room behind the last");
  const swapped = (hints) => [hints[0], hints[1]] = [hints[1], hints[0]];
  const alterations = {
    "in another order": swapped,
    "the first one twice": (hints) => (hints[1] = hints[0]),
    "one behind the last": (hints) => (hints[last] = 1),
    "the number of the first polynomial's above that of the second's": (hints) => (hints[80] = second + 1),
    "more than there can be": (hints) => hints.fill(81, 80 + 3),
    "more in every polynomial": (hints) => hints.fill(255, 80),
  };
  for (const [name, alter] of Object.entries(alterations)) {
    const altered = signature.slice();
    alter(altered.subarray(at));
    const found = [verifyMlDsa44(publicKey, altered, message), other.verify(altered, message, publicKey), await inNode(publicKey, altered, message)];
    assert.deepEqual(found, [false, false, false], name);
  }
});
