// Which device sent a camera: proved by its signature, refused where that is another's, and unknown where nobody can tell.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { isUnsupported, Malformed, NotProved } from "../../../../web/static/proof/errors.js";
import { parseHeader } from "../../../../web/static/proof/recording/contents.js";
import { checkHeaderSenders, checkSenderEvent, deviceOf, parseSender, parseSenderEvent } from "../../../../web/static/proof/recording/senders.js";
import { withoutAlgorithms } from "../without_algorithms.js";

const path = "../../../vectors/packages/intact/data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0/header.json";
const header = parseHeader(Uint8Array.from(readFileSync(new URL(path, import.meta.url))));
const [sender] = header.senders;
const event = (more = {}) => ({ at: 5, type: "sender", confirmed: null, event: "joined", reason: null, sender, ...more });
const refused = (checked, reason) => assert.rejects(checked, (error) => error instanceof NotProved && reason.test(error.message));

test("the devices that a header names have signed for their cameras, and are known by their keys then", async () => {
  await checkHeaderSenders(header, undefined);
  assert.match(deviceOf(sender.proof), /^[0-9a-f]{16}$/);
});

test("a signature for another camera, interview, moment or use does not hold", async () => {
  const { proof } = sender;
  for (const other of [{ ...sender, camera: "elsewhere" }, { ...sender, proof: { ...proof, at: "2020-01-01T00:00:00.000Z" } }, { ...sender, proof: { ...proof, nonce: "0".repeat(32) } }]) {
    await refused(checkHeaderSenders({ ...header, senders: [other] }, undefined), /does not hold/);
  }
  await refused(checkHeaderSenders({ ...header, interview: "0".repeat(32) }, undefined), /does not hold/);
  await refused(checkHeaderSenders(header, "e".repeat(32)), /another use/);
});

test("a key that is no point of the curve has signed nothing", async () => {
  const key = Buffer.from(sender.proof.key, "base64");
  key[64] ^= 1;
  const other = { ...sender, proof: { ...sender.proof, key: key.toString("base64") } };
  await refused(checkHeaderSenders({ ...header, senders: [other] }, undefined), /does not hold/);
});

test("in a browser without ECDSA the signature is neither right nor wrong", async (of) => {
  withoutAlgorithms(of, "ECDSA");
  await assert.rejects(checkHeaderSenders(header, undefined), isUnsupported);
  await assert.rejects(checkSenderEvent(event(), header.interview), isUnsupported);
});

test("what an event of a sender may say", () => {
  assert.equal(parseSenderEvent(event()).sender.camera, sender.camera);
  const unproved = { ...sender, proof: null };
  assert.equal(parseSenderEvent(event({ event: "refused", reason: "other-device", sender: unproved })).reason, "other-device");
  for (const more of [
    { event: "left" }, { event: "replaced" }, { event: "returned", confirmed: { id: "a".repeat(32), name: "N" } }, { event: "refused" }, { reason: "other-device" },
    { sender: unproved }, { event: "replaced", confirmed: { id: "a".repeat(32), name: "" } }, { more: 1 }, { confirmed: { id: "a", name: "N" } },
  ]) assert.throws(() => parseSenderEvent(event(more)), Malformed, JSON.stringify(more));
});

test("what a sender may be", () => {
  for (const more of [
    { network: "the moon" }, { camera: "Wide camera" }, { holder: { ...sender.holder, kind: "dog" } }, { holder: { ...sender.holder, name: "n".repeat(201) } },
    { proof: { ...sender.proof, use: "other" } }, { proof: { ...sender.proof, key: sender.proof.signature } }, { proof: { ...sender.proof, evidence: "e" } }, { more: 1 },
  ]) assert.throws(() => parseSender({ ...sender, ...more }), Malformed, JSON.stringify(more));
});
