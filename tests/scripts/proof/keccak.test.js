// SHAKE128 and SHAKE256 in the pages, beside those of Node.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { Shake, SHAKE128, SHAKE256 } from "../../../web/static/proof/keccak.js";

for (const [name, rate] of [["shake128", SHAKE128], ["shake256", SHAKE256]]) {
  test(`${name} gives what Node's gives, for inputs and outputs about the size of a block`, () => {
    for (const given of [0, 1, rate - 2, rate - 1, rate, rate + 1, 2 * rate - 1, 2 * rate, 1000]) {
      const input = Uint8Array.from({ length: given }, (_, i) => (31 * i + given) & 255);
      for (const wanted of [1, rate - 1, rate, rate + 1, 3 * rate + 5]) {
        const expected = createHash(name, { outputLength: wanted }).update(input).digest("hex");
        const found = new Shake(rate, input.slice(0, given / 3), input.slice(given / 3));
        const parts = [...found.read(wanted >> 1), ...found.read(wanted - (wanted >> 1))];
        assert.equal(Buffer.from(parts).toString("hex"), expected, `${given} bytes in, ${wanted} out`);
      }
    }
  });
}
