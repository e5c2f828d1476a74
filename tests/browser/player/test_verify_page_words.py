"""The page's words: what is put into a sentence stays within its place there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_name_keeps_its_letters_and_loses_what_reaches_beyond_it(page: Page) -> None:
    written = {
        "Layla": "Layla",
        "ليلى": "ليلى",
        "می\u200cخواهم": "می\u200cخواهم",
        "a\u2069b": "a b",
        "\u2066a\u2067b\u2068c": " a b c",
        "\u202aa\u202bb\u202cc\u202dd\u202ee": " a b c d e",
        "a\nb\r\tc\u2028d\u2029e\u0085f\0": "a b  c d e f ",
    }
    isolated = page.evaluate(
        """async (written) => written.map((await import("/static/page/words.js")).isolate)""", list(written)
    )
    assert isolated == [f"\u2068{shown}\u2069" for shown in written.values()]


def test_a_moment_that_cannot_be_is_said_to_be_none_and_takes_nothing_with_it(page: Page) -> None:
    said = page.evaluate(
        """async () => {
          const { momentText, speak } = await import("/static/page/words.js");
          speak({ "moment.none": "no time" }, "en");
          return [momentText(new Date(NaN)), momentText(new Date(8.64e15 + 1)), momentText(new Date(0))];
        }"""
    )
    assert said[:2] == ["no time", "no time"]
    assert "1970" in said[2]


def test_a_recording_of_many_hours_has_its_length(page: Page) -> None:
    """More pieces than a browser passes to one function."""
    said = page.evaluate(
        """async () => {
          const { itemText } = await import("/static/verifier/names.js");
          const { speak } = await import("/static/page/words.js");
          speak({ "item.whole": "{length}" }, "en");
          const records = Array.from({ length: 1_000_000 }, (_, n) => (
            { kind: "media", start: n * 500_000, duration: 500_000 }
          ));
          const header = { epoch: "2026-11-24T19:15:03.120Z", purpose: "testimony", part: 1 };
          return itemText({ header, excerpt: null, manifest: { state: "complete" }, records });
        }"""
    )
    assert said == "138:53:20"
