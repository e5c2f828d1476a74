// The one large answer of the verifier.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { spoken } from "../../../web/static/verifier/answer.js";

test("it is read out as a word and sentences, each with one full stop", () => {
  assert.equal(spoken("Altered", ["Something is not what it was.", "It was found here."]), "Altered. Something is not what it was. It was found here.");
  assert.equal(spoken("Intact", []), "Intact.");
});
