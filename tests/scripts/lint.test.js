// The rules that keep the scripts apart (eslint.config.js): what must not be written somewhere is refused there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { ESLint } from "eslint";

const eslint = new ESLint({ cwd: fileURLToPath(new URL("../../", import.meta.url)) });

/** The rules that a script would break at this place. */
async function broken(place, script) {
  const [{ messages }] = await eslint.lintText(`${script}\n`, { filePath: `web/static/${place}` });
  return messages.map(({ ruleId }) => ruleId);
}

for (const folder of ["proof", "proof/ledger", "package"]) {
  test(`a module in ${folder}/ knows no page`, async () => {
    for (const script of ["document.title = '';", "window.close();", "location.reload();", "new HTMLElement();"]) {
      assert.deepEqual(await broken(`${folder}/planted.js`, script), ["no-undef"], script);
    }
    for (const script of ["globalThis.document.title = '';", "localStorage.clear();"]) {
      assert.deepEqual(await broken(`${folder}/planted.js`, script), ["no-restricted-globals"], script);
    }
    assert.deepEqual(await broken(`${folder}/planted.js`, "crypto.randomUUID();"), []);
  });
}

test("a page's own script knows its page", async () => {
  assert.deepEqual(await broken("exhibit/planted.js", "document.title = '';"), []);
});

for (const [place, script, breaks] of [
  ["proof/planted.js", 'import "../page/words.js";', true],
  ["proof/planted.js", '/** @type {import("../page/words.js").Sentence} */', true],
  ["proof/planted.js", '/** @import { Sentence } from "../page/words.js" */', true],
  ["proof/planted.js", '/** @import { Sentence } from "./words.js" */', false],
  ["proof/ledger/planted.js", 'import "../bytes.js";', false],
  ["package/planted.js", 'import "../verifier/answer.js";', true],
  ["package/planted.js", 'import "../proof/bytes.js";', false],
  ["page/planted.js", 'import "../viewing/server.js";', true],
  ["film/planted.js", 'import "../exhibit/open.js";', true],
  ["verifier/planted.js", 'import "../transcript/reader.js";', false],
  ["verifier/planted.js", 'import "../transcript/opened.js";', true],
  ["redaction/planted.js", 'import "../exhibit/open.js";', false],
  ["redaction/planted.js", 'import "../exhibit/page.js";', true],
  ["redaction/planted.js", 'await import("../exhibit/page.js");', true],
  ["room/planted.js", 'new Worker(new URL("../console/page.js", import.meta.url));', true],
  ["room/planted.js", 'import "https://example.org/one.js";', true],
]) {
  test(`${place} ${breaks ? "may not have" : "may have"} ${script.trim()}`, async () => {
    assert.deepEqual(await broken(place, script), breaks ? ["amana/folders"] : []);
  });
}

test("text becomes markup nowhere", async () => {
  assert.deepEqual(await broken("page/planted.js", "document.body.innerHTML = '';"), ["no-restricted-properties"]);
  assert.deepEqual(await broken("page/planted.js", "document.body.insertAdjacentHTML('beforeend', '');"), ["no-restricted-properties"]);
});

test("no module but one gives a key of Ed25519 to the browser, or uses the curve", async () => {
  const script = "crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify']);";
  assert.deepEqual(await broken("proof/planted.js", script), ["no-restricted-syntax"]);
  assert.deepEqual(await broken("proof/planted.js", 'import { PRIME } from "./edwards25519.js";\nexport { PRIME };'), ["no-restricted-imports"]);
  assert.deepEqual(await broken("proof/ed25519.js", script), []);
});
