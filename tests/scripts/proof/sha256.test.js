// SHA-256 in the pages: NIST's examples for FIPS 180-4, and Node's own at the lengths about a block.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { toHex, utf8 } from "../../../web/static/proof/bytes.js";
import { Sha256 } from "../../../web/static/proof/sha256.js";

/** https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
const NIST = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  [
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

/** @param {Uint8Array} data @param {number} size of the pieces */
function digest(data, size) {
  const hash = new Sha256();
  for (let at = 0; at < data.length; at += size) hash.update(data.subarray(at, at + size));
  return toHex(hash.digest());
}

test("it gives the digests of NIST's examples, in whichever pieces a file comes", () => {
  for (const [text, expected] of NIST) {
    for (const size of [1, 63, 64, 65, 4096, 1_000_000]) assert.equal(digest(utf8(text), size), expected);
  }
});

test("it gives what Node's gives for every length of a last block", () => {
  for (let length = 0; length <= 130; length++) {
    const data = Uint8Array.from({ length }, (_, i) => 31 * i + length);
    assert.equal(digest(data, 100), createHash("sha256").update(data).digest("hex"), `${length} bytes`);
  }
});
