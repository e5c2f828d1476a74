"""Text of a recording, as the report shows it: the scripts show the same (tests/scripts/player)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.items.event_text import sentence
from chain_of_custody.items.recording_contents import Event

CASES = json.loads((Path(__file__).parents[2] / "vectors/shown-text/cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_what_would_change_the_text_around_it_is_shown_as_a_space(case: dict[str, str]) -> None:
    assert printable(case["text"]) == case["shown"]
    event = Event("mark", 0, {"text": case["text"]})
    assert sentence(event, {}) == f"00:00:00 mark: {case['shown']}"


def test_half_a_surrogate_pair_is_shown_as_a_space() -> None:
    assert printable("a\ud83db\udc00c") == "a b c"
