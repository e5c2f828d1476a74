// Canonical JSON of the pages: one value, one spelling; everything else is refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import { text, utf8 } from "../../../web/static/proof/bytes.js";
import { canonical, count, exactly, parseCanonical } from "../../../web/static/proof/canonical.js";
import { Malformed } from "../../../web/static/proof/errors.js";

const parse = (json) => parseCanonical(utf8(json));
const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);

test("what is canonical is read, and written as it was", () => {
  for (const json of ['{"a":1,"b":[true,null,"\\u001f\\n"]}', '{"€":"é","\ud83d\ude00":-9007199254740991}', nested(200)]) {
    assert.equal(text(canonical(parse(json))), json);
  }
});

test("keys are in the order of UTF-16 code units", () => {
  assert.equal(text(canonical({ "\uff5e": 1, "\ud83d\ude00": 2, b: 3, a: 4 })), '{"a":4,"b":3,"\ud83d\ude00":2,"\uff5e":1}');
});

for (const [what, json] of Object.entries({
  "a space": '{"a": 1}',
  "keys in another order": '{"b":1,"a":2}',
  "a key twice": '{"a":1,"a":2}',
  "an escape that is not needed": '{"a":"\\u0041"}',
  "a fraction": '{"a":1.5}',
  "a number in another spelling": '{"a":1.0}',
  "minus zero": '{"a":-0}',
  "a number beyond 2⁵³ − 1": '{"a":9007199254740992}',
  "half a surrogate pair": '{"a":"\\ud800"}',
  "a byte order mark": '\ufeff{"a":1}',
  "too deep": nested(202),
  nothing: "",
})) {
  test(`${what} is refused`, () => assert.throws(() => parse(json), Malformed));
}

test("an object has exactly its keys", () => {
  assert.deepEqual(exactly({ a: 1, b: 2 }, ["b", "a"], "it"), { a: 1, b: 2 });
  for (const wrong of [{ a: 1 }, { a: 1, b: 2, c: 3 }, { a: 1, c: 2 }, [1, 2], null, "ab"]) {
    assert.throws(() => exactly(wrong, ["a", "b"], "it"), Malformed);
  }
});

test("a count is a whole number from 0", () => {
  assert.equal(count(2 ** 53 - 1, "it"), 2 ** 53 - 1);
  for (const wrong of [-1, -0, 1.5, 2 ** 53, true, "1", null]) assert.throws(() => count(wrong, "it"), Malformed);
});
