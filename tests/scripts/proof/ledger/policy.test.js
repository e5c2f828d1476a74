// The trust policy: read in its one form; what is not known in it is refused, never skipped.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { text, utf8 } from "../../../../web/static/proof/bytes.js";
import { Malformed } from "../../../../web/static/proof/errors.js";
import { LONGEST_POLICY, parsePolicy } from "../../../../web/static/proof/ledger/policy.js";

const POLICY = text(readFileSync(new URL("../../../vectors/packages/intact/data/policy.txt", import.meta.url)));
const line = (keyword) => POLICY.split("\n").find((one) => one.startsWith(`${keyword} `));
const changed = (from, to) => {
  assert.ok(POLICY.includes(from), from);
  return POLICY.replace(from, to);
};
const refused = (policy, reason) => assert.rejects(parsePolicy(utf8(policy)), (error) => error instanceof Malformed && reason.test(error.message));

test("a policy names the ledger's keys, the center's, and the deployment", async () => {
  const { logKeys, center, deployment, fingerprint } = await parsePolicy(utf8(POLICY));
  assert.equal(logKeys.origin, `amana/${deployment}`);
  assert.deepEqual([logKeys.ed25519.length, logKeys.mldsa44.length, center.length, fingerprint.length], [32, 1312, 32, 64]);
});

test("remarks and blanks around a line mean nothing, and change the fingerprint", async () => {
  const usual = await parsePolicy(utf8(POLICY));
  const remarked = await parsePolicy(utf8(`# ملاحظة\n\n \t${POLICY}`));
  assert.notEqual(remarked.fingerprint, usual.fingerprint);
  assert.deepEqual({ ...remarked, fingerprint: "" }, { ...usual, fingerprint: "" });
});

for (const [what, policy, reason] of [
  ["a line that is not known", `${POLICY}trust everybody\n`, /not known: trust/],
  ["a keyword in capitals", changed("quorum ", "Quorum "), /not known: Quorum/],
  ["no last line end", POLICY.slice(0, -1), /complete line/],
  ["line ends of another system", POLICY.replaceAll("\n", "\r\n"), /control characters/],
  ["letters beyond ASCII in a line", changed("keys ", "keys\u00a0"), /beyond ASCII/],
  ["a second center", `${POLICY}${line("center")}\n`, /second center/],
  ["no center", changed(`${line("center")}\n`, ""), /needs two log lines/],
  ["no quorum", changed(`${line("quorum")}\n`, ""), /without a quorum/],
  ["a second quorum", `${POLICY}${line("quorum")}\n`, /second quorum/],
  ["a quorum of nobody that is known", changed(line("quorum"), "quorum somebody"), /not defined before/],
  ["one log key twice", `${POLICY}${line("log")}\n`, /two log keys of one type/],
  ["keys of another kind", changed(line("keys"), "keys maybe"), /neither trial nor protected/],
  ["two values where there is one", changed(line("keys"), `${line("keys")} twice`), /not keys and one value/],
  ["more timestamps than authorities", changed(line("timestamps") ?? line("quorum"), "timestamps 9\n" + (line("timestamps") ? "" : line("quorum"))), /more timestamps/],
  ["a log key with another's id", changed(line("log"), line("log").replace(/\+[0-9a-f]{8}\+/, "+00000000+")), /another key's id/],
  ["nothing", "\n", /without a quorum/],
]) {
  test(`a policy with ${what} is refused`, () => refused(policy, reason));
}

test("a policy is not longer than 64 kilobytes", async () => {
  const remark = `#${"a".repeat(LONGEST_POLICY - POLICY.length - 2)}\n`;
  assert.equal((await parsePolicy(utf8(remark + POLICY))).trial, (await parsePolicy(utf8(POLICY))).trial);
  await refused(`#${remark}${POLICY}`, /64 kilobytes/);
});
