import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, occurrences } from "../../../web/static/transcript/folding.js";

test("words are found however they are written", () => {
  const cases = [
    ["قَالَتْ إنّها رأته", "انها", ["إنّها"]],
    ["إلى المدرسة", "الي المدرسه", ["إلى المدرسة"]],
    ["الســـلام عليكم", "سلام", ["ســـلام"]],
    ["آخر ٱلباب", "اخر الباب", ["آخر ٱلباب"]],
    ["الساعة ٧:٣٠", "7:30", ["٧:٣٠"]],
    ["مسؤول عن شيء", "مسوول", ["مسؤول"]],
    ["École  de\nnuit, école", "ecole de nuit", ["École  de\nnuit"]],
    ["aa aaa", "aa", ["aa", "aa"]],
    ["anything", "  ", []],
    ["ﻻ", "لا", ["ﻻ"]],
  ];
  for (const [text, wanted, found] of cases) {
    assert.deepEqual(occurrences(fold(text), wanted).map(({ from, to }) => text.slice(from, to)), found, text);
  }
});
