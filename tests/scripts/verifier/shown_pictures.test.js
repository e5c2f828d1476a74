// Whether a picture that was shown in the interview room is the one in the package.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { getElementById: () => ({ textContent: "{}" }), documentElement: { lang: "en" } };
const { placeOf } = await import("../../../web/static/verifier/shown_pictures.js");

const shown = { evidence: "ee".repeat(16), kind: "photograph", manifest: "ab".repeat(32) };
const file = (manifest, evidence = shown.evidence) => ({ evidence, seal: { statement: { body: { manifest } } } });

test("it is here by its manifest alone", () => {
  assert.equal(placeOf(shown, [file("cd".repeat(32), "dd".repeat(16)), file(shown.manifest)]), "here");
  assert.equal(placeOf(shown, [file("cd".repeat(32))]), "other");
  assert.equal(placeOf(shown, [file(shown.manifest, "dd".repeat(16))]), "elsewhere");
  assert.equal(placeOf(shown, []), "elsewhere");
});
