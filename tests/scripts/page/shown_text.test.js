// Text of a recording, as the pages show it: the report shows the same (tests/unit/chain_of_custody).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "../page.js";
import { happenings } from "../../../web/static/exhibit/happenings.js";
import { isolate, plain, printable, speak } from "../../../web/static/page/words.js";

const cases = JSON.parse(readFileSync(new URL("../../vectors/shown-text/cases.json", import.meta.url), "utf8"));
const film = { header: { senders: [], tracks: [] }, timeline: { silences: () => [] } };

for (const { what, text, shown } of cases) {
  test(`what would change the text around it is shown as a space: ${what}`, () => {
    speak({ "event.mark": "mark: {text}" }, "en");
    assert.equal(printable(text), shown);
    const [told] = happenings(film, [{ at: 0, type: "mark", text }]);
    assert.equal(told.sentence, `mark: \u2068${shown}\u2069`);
  });
}

test("half a surrogate pair is shown as a space, and names have no other rule", () => {
  assert.equal(plain("a\ud83db\udc00c"), "a b c");
  assert.equal(isolate("a\u200b\u2069b"), "\u2068a  b\u2069");
});
