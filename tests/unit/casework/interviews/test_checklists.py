"""The center's checklists: a file that a person writes, and what is wrong with it said by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.errors import Missing
from casework.interviews import checklists
from casework.interviews.checklists import ProtocolsUnreadable, parse

SHORT = """
# the center's own
[adult] Adult | بالغ
phase   recall  Recall | السرد
before  wish    Wish asked. … | سُئل عن رغبته. …   # noted
during  rules   Rules said. | ذُكرت القواعد.
"""


def test_without_a_file_there_is_one_for_adults_and_one_for_children(tmp_path: Path) -> None:
    adult, child = checklists.read(tmp_path / "protocols.txt")
    assert (adult.code, child.code) == ("adult", "child")
    for protocol in (adult, child):
        codes = {one.code for one in protocol.items}
        assert {"wish", "present", "rules", "opening", "closing", "next-door"} <= codes
        assert protocol.item("wish").noted
        assert {one.when for one in protocol.items} == {"before", "during"}
    assert [one.code for one in adult.phases] == ["introduction", "rapport", "recall", "questions", "closure"]
    assert "practice" in [one.code for one in child.phases]


def test_the_centers_own_file_counts(tmp_path: Path) -> None:
    (tmp_path / "protocols.txt").write_text(SHORT)
    [protocol] = checklists.read(tmp_path / "protocols.txt")
    wish, rules = protocol.items
    assert (wish.words["en"], wish.noted) == ("Wish asked.", True)
    assert (rules.words["ar"], rules.noted, rules.when) == ("ذُكرت القواعد.", False, "during")
    assert protocol.phase("recall").words == {"en": "Recall", "ar": "السرد"}
    for find in (protocol.item, protocol.phase):
        with pytest.raises(Missing):
            find("no-such")


def test_a_version_is_of_what_the_protocol_says_and_of_nothing_else() -> None:
    [before] = parse(SHORT)
    assert parse(SHORT.replace("# noted", "# other words for people"))[0].version == before.version
    assert parse(SHORT.replace("Rules said", "Rules told"))[0].version != before.version
    assert parse(SHORT.replace("Recall", "Free recall"))[0].version != before.version
    assert len(before.version) == 16


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "there is none"),
        ("[adult] Adult | بالغ", "no items"),
        ("before wish a | ب", "line 1"),
        (SHORT + "during rules x | س", "an item twice"),
        (SHORT + "phase recall x | س", "a phase twice"),
        (SHORT + "".join(f"phase p{n} x | س\n" for n in range(12)), "more than 12 phases"),
        (SHORT + "[adult] x | س", "a protocol twice"),
        (SHORT + "during more only English", "words in English"),
        (SHORT + "after more x | س", "neither"),
        (SHORT + "during more a\u202eb | س", "cannot be shown"),
        (SHORT + "during more " + "x" * 401 + " | س", "at most 400"),
    ],
)
def test_what_is_wrong_is_said_by_its_line(text: str, wrong: str) -> None:
    with pytest.raises(ProtocolsUnreadable, match=wrong):
        parse(text)


def test_a_file_that_is_no_text_is_unreadable_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "protocols.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ProtocolsUnreadable):
        checklists.read(tmp_path / "protocols.txt")
