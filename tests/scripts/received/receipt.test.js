// The receipt, read by the program that its reader has.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { receiptText } from "../../../web/static/received/receipt.js";

const NAMES = ["film.mp4", "صوت.ogg", "two words.txt", "a\\b.txt", "line\nend.txt", "carriage\rreturn.txt", "#.txt"];

const lineOf = (name) => ({ name, size: name.length, digest: createHash("sha256").update(name).digest("hex"), number: 1 });

test("sha256sum finds every file of the receipt, and the one that was altered", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "receipt-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of NAMES) writeFileSync(join(folder, name), name);
  writeFileSync(join(folder, "receipt.txt"), receiptText(["Amana", "a name\nwith a line end"], NAMES.map(lineOf)));
  const check = () => execFileSync("sha256sum", ["--check", "--strict", "receipt.txt"], { cwd: folder, stdio: "pipe" });
  assert.equal(check().toString().split(": OK\n").length - 1, NAMES.length);
  writeFileSync(join(folder, "film.mp4"), "another");
  assert.throws(check, /film\.mp4: FAILED|did NOT match/);
});
