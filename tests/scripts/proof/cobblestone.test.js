// Sealed messages in the pages: opened whole under their own key, or refused.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ChunkOpener, CHUNK, HEAD, importRoot, messageKey, openMessage, plainLength, SEALED_CHUNK } from "../../../web/static/proof/cobblestone.js";
import { NotProved } from "../../../web/static/proof/errors.js";

const { vectors } = JSON.parse(readFileSync(new URL("../../unit/vault/vectors/sealed.json", import.meta.url), "utf8"));
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const plaintext = (size) => Uint8Array.from(createHash("shake128", { outputLength: Math.max(size, 1) }).update("plaintext").digest().subarray(0, size));

/** A message as the specification gives it: for these tests alone. */
async function sealed(key, salt, content) {
  const aes = await crypto.subtle.importKey("raw", key.slice(0, 32), "AES-GCM", false, ["encrypt"]);
  const chunks = [];
  for (let number = 0; number <= content.length / CHUNK; number += 1) {
    const iv = key.slice(32, 44);
    iv[11] ^= number;
    const chunk = content.slice(number * CHUNK, (number + 1) * CHUNK);
    chunks.push(new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, aes, chunk)));
  }
  return Uint8Array.from(Buffer.concat([salt, key.slice(44), ...chunks]));
}

const key = Uint8Array.from({ length: 76 }, (_, i) => i);
const salt = new Uint8Array(24).fill(7);
const content = plaintext(2 * CHUNK + 500);
const message = await sealed(key, salt, content);
const changed = (at) => message.map((byte, i) => (i === (at < 0 ? message.length + at : at) ? byte ^ 1 : byte));
const joined = (...parts) => Uint8Array.from(Buffer.concat(parts));
const [head, first, second] = [message.slice(0, HEAD), message.slice(HEAD, HEAD + SEALED_CHUNK), message.slice(HEAD + SEALED_CHUNK, HEAD + 2 * SEALED_CHUNK)];

for (const vector of vectors) {
  test(`the pinned message of ${vector.size} bytes has its key and opens with it`, async () => {
    const derived = await messageKey(await importRoot(bytes(vector.data_key)), bytes(vector.context), bytes(vector.salt));
    assert.equal(Buffer.from(derived).toString("hex"), vector.message_key);
    const pinned = await sealed(derived, bytes(vector.salt), plaintext(vector.size));
    assert.equal(createHash("sha256").update(pinned).digest("hex"), vector.message_sha256);
    assert.deepEqual(await openMessage(derived, pinned), plaintext(vector.size));
  });
}

for (const [what, spoilt] of Object.entries({
  empty: new Uint8Array(0),
  "only its header": head,
  "last byte missing": message.slice(0, -1),
  "last chunk missing": joined(head, first, second),
  "last two chunks missing": joined(head, first),
  "a byte too many": joined(message, Uint8Array.of(0)),
  "two chunks swapped": joined(head, second, first, message.slice(HEAD + 2 * SEALED_CHUNK)),
  "a chunk twice": joined(head, first, message.slice(HEAD)),
  "a bit of the commitment": changed(30),
  "a bit of the first chunk": changed(HEAD),
  "a bit of the last tag": changed(-1),
})) {
  test(`a spoilt message is refused: ${what}`, () => assert.rejects(openMessage(key, spoilt), NotProved));
}

test("a message opens under no other key", async () => {
  for (const at of [0, 40, 75]) {
    const other = key.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await assert.rejects(openMessage(other, message), NotProved);
  }
  await assert.rejects(openMessage(key.slice(0, 75), message), NotProved);
});

test("a message has a length that a message can have", () => {
  assert.equal(plainLength(message.length), content.length);
  for (const none of [0, HEAD, HEAD + 15, HEAD + SEALED_CHUNK, HEAD + 2 * SEALED_CHUNK]) assert.equal(plainLength(none), null);
});

test("chunks are opened from any place, by their own numbers", async () => {
  const opener = await ChunkOpener.with(key);
  assert.ok(opener.opens(head));
  assert.deepEqual(await opener.open(1, second), content.slice(CHUNK, 2 * CHUNK));
  await assert.rejects(opener.open(0, second), (error) => error instanceof NotProved && error.chunk === 0);
});
