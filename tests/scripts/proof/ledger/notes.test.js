// The ledger's checkpoint in the pages: opened under both its signatures or not at all.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { text, utf8 } from "../../../../web/static/proof/bytes.js";
import { Malformed, NotProved } from "../../../../web/static/proof/errors.js";
import { cosignedMessage, openCheckpoint, parseCheckpoint, parseNote } from "../../../../web/static/proof/ledger/notes.js";
import { parsePolicy } from "../../../../web/static/proof/ledger/policy.js";
import { parseProof } from "../../../../web/static/proof/ledger/tlog_proof.js";
import { withoutAlgorithms } from "../without_algorithms.js";

const data = new URL("../../../vectors/packages/intact/data/", import.meta.url);
const { logKeys } = await parsePolicy(Uint8Array.from(readFileSync(new URL("policy.txt", data))));
const note = text(parseProof(readFileSync(new URL("statements/0.tlog-proof", data), "utf8")).checkpoint);
const [body, signatures] = [note.slice(0, note.lastIndexOf("\n\n") + 1), note.slice(note.lastIndexOf("\n\n") + 2)];
const lines = signatures.split("\n").slice(0, -1);
const own = lines.filter((line) => line.startsWith(`— ${logKeys.origin} `));

const open = (signed, keys = logKeys) => openCheckpoint(utf8(signed), keys);
const under = (...some) => `${body}\n${some.map((line) => `${line}\n`).join("")}`;
const refused = (signed, reason, keys = logKeys) =>
  assert.rejects(open(signed, keys), (error) => error instanceof NotProved && reason.test(error.message));

/** The line with one bit of byte `at` of what is signed with changed. */
function flipped(line, at) {
  const [name, encoded] = [line.slice(0, line.lastIndexOf(" ") + 1), line.slice(line.lastIndexOf(" ") + 1)];
  const bytes = Buffer.from(encoded, "base64");
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return name + bytes.toString("base64");
}

test("a checkpoint with both the ledger's signatures is opened, whoever else signed it", async () => {
  assert.equal(own.length, 2);
  const opened = await open(note);
  assert.deepEqual((await open(under(...own))).checkpoint, opened.checkpoint);
  assert.deepEqual((await open(under(...own.toReversed()))).checkpoint, opened.checkpoint);
});

test("a browser that knows neither algorithm opens the same checkpoint, and refuses the same signatures", async (of) => {
  const [classical, quantumSafe] = own;
  const { checkpoint } = await open(note);
  withoutAlgorithms(of, "Ed25519", "ML-DSA-44");
  assert.deepEqual((await open(note)).checkpoint, checkpoint);
  await refused(under(flipped(classical, -1), quantumSafe), /Ed25519 signature is wrong/);
  await refused(under(classical, flipped(quantumSafe, 11)), /ML-DSA-44 signature is wrong/);
  await refused(under(classical, flipped(quantumSafe, -1)), /ML-DSA-44 signature is wrong/);
});

test("neither signature may be missing, wrong, or there twice", async () => {
  const [classical, quantumSafe] = own;
  await refused(under(quantumSafe), /no Ed25519/);
  await refused(under(classical), /no ML-DSA-44/);
  await refused(under(flipped(classical, -1), quantumSafe), /Ed25519 signature is wrong/);
  await refused(under(classical, flipped(quantumSafe, -1)), /ML-DSA-44 signature is wrong/);
  await refused(under(classical, classical, quantumSafe), /more than one Ed25519/);
  await refused(under(classical, quantumSafe, quantumSafe), /more than one ML-DSA-44/);
});

test("the stated time is signed, and not later than the year 9999", async () => {
  const [classical, quantumSafe] = own;
  await refused(under(classical, flipped(quantumSafe, 11)), /ML-DSA-44 signature is wrong/);
  await refused(under(classical, flipped(quantumSafe, 4)), /after the year 9999/);
});

test("the checkpoint of another log, or under other keys, is not opened", async () => {
  await refused(note, /not of/, { ...logKeys, origin: `${logKeys.origin}0` });
  await refused(note, /no Ed25519/, { ...logKeys, ed25519: logKeys.mldsa44.slice(0, 32) });
});

test("a checkpoint has three lines, each in one spelling", () => {
  assert.equal(parseCheckpoint(body).origin, logKeys.origin);
  for (const wrong of [`${body}more\n`, body.slice(0, -1), body.replace(/\n(\d)/, "\n0$1"), body.replace("=", "")]) {
    assert.throws(() => parseCheckpoint(wrong), Malformed);
  }
});

test("a note has no control characters and no line that is no signature", () => {
  assert.equal(parseNote(utf8(note)).signatures.length, lines.length);
  for (const wrong of [note.replace("\n", "\r\n"), note.slice(0, -1), `${note}more\n`, `${note}— ${logKeys.origin} AAAA\n`]) {
    assert.throws(() => parseNote(utf8(wrong)), Malformed);
  }
});

test("a cosigned message is laid out as C2SP tlog-cosignature says", () => {
  const message = cosignedMessage("w", { origin: "log", size: 7, root: new Uint8Array(32).fill(0xab) }, 5n);
  const expected = `${Buffer.from("subtree/v1\n\0").toString("hex")}0177${"05".padStart(16, "0")}036c6f67`;
  assert.equal(Buffer.from(message).toString("hex"), `${expected}${"0".repeat(16)}${"07".padStart(16, "0")}${"ab".repeat(32)}`);
});
