// The key of a room's device in a browser that stores nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { prove, storedKey } from "../../../web/static/room/device_key.js";

const CHALLENGE = { at: "2026-11-29T10:00:00.000000Z", evidence: null, nonce: "0".repeat(32) };

test("such a browser is not enrolled", async () => {
  await assert.rejects(storedKey, /indexedDB/);
});

test("it sends cameras all the same, with one key until it is reloaded", async (t) => {
  t.mock.method(console, "warn", () => {});
  const signed = () => prove("1".repeat(32), "wide", "a".repeat(64), CHALLENGE, "camera");
  const [first, second] = [await signed(), await signed()];
  assert.equal(first.key, second.key);
  const key = await crypto.subtle.importKey("raw", Buffer.from(first.key, "base64"), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const { at, fingerprint, nonce, signature } = first;
  const message = { at, camera: "wide", evidence: null, fingerprint, interview: "1".repeat(32), nonce, use: "camera" };
  const bytes = new TextEncoder().encode(`amana room device v1\n${JSON.stringify(message)}`);
  assert.ok(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signature, "base64"), bytes));
});
