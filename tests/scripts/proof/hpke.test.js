// HPKE in the browser: the vectors of RFC 9180, appendix A.1.1 (base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-128-GCM), sequence number 0; and both ends with keys of 256 bits, as the product uses it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePair, publicOf, receive, seal } from "../../../web/static/proof/hpke.js";

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const utf8 = (text) => new TextEncoder().encode(text);

const INFO = fromHex("4f6465206f6e2061204772656369616e2055726e");
const RECIPIENT = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
const RECIPIENT_PRIVATE = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
const EPHEMERAL = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
const EPHEMERAL_PRIVATE = "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736";
const NONCE = "56d890e5accaaf011cff4b7d";
const PLAIN = "4265617574792069732074727574682c20747275746820626561757479";
const AAD = fromHex("436f756e742d30");
const SEALED = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a";

/** A pair from its raw halves: PKCS #8 of RFC 8410 around the private one. */
async function pairOf(publicHalf, privateHalf) {
  const pkcs8 = fromHex(`302e020100300506032b656e04220420${privateHalf}`);
  return {
    publicKey: await crypto.subtle.importKey("raw", fromHex(publicHalf), { name: "X25519" }, true, []),
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, false, ["deriveBits"]),
  };
}

test("a message is sealed as in RFC 9180", async () => {
  const pair = await pairOf(EPHEMERAL, EPHEMERAL_PRIVATE);
  const sealed = await seal(1, fromHex(RECIPIENT), INFO, fromHex(PLAIN), AAD, pair);
  assert.equal(toHex(sealed), EPHEMERAL + SEALED);
});

test("and opened as there", async () => {
  const pair = await pairOf(RECIPIENT, RECIPIENT_PRIVATE);
  const { key, iv } = await receive(1, pair, fromHex(EPHEMERAL), INFO, "decrypt");
  assert.equal(toHex(iv), NONCE);
  const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: AAD }, key, fromHex(SEALED));
  assert.equal(toHex(new Uint8Array(opened)), PLAIN);
});

test("with keys of 256 bits both ends agree, and under another info they do not", async () => {
  const pair = await makePair();
  const sealed = await seal(2, await publicOf(pair), utf8("for this"), utf8("a passphrase"));
  const open = async (info) => {
    const { key, iv } = await receive(2, pair, sealed.slice(0, 32), utf8(info), "decrypt");
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed.slice(32)));
  };
  assert.deepEqual(await open("for this"), utf8("a passphrase"));
  await assert.rejects(open("for that"));
});

test("no message is sealed to a key of small order", async () => {
  await assert.rejects(seal(2, new Uint8Array(32), INFO, utf8("a passphrase")));
});

test("each message has a key pair of its own, and a private half cannot be taken out", async () => {
  const recipient = await publicOf(await makePair());
  const [one, two] = [await seal(2, recipient, INFO, INFO), await seal(2, recipient, INFO, INFO)];
  assert.notDeepEqual(one, two);
  assert.equal((await makePair()).privateKey.extractable, false);
});
