"""`amana scrub` at the terminal."""

from __future__ import annotations

import shutil

import pytest

from amana.cli import main
from amana.commands.scrub import summary
from amana.settings import Settings
from casework.center import Center

QUIET = {
    "began": None,
    "ended": None,
    "full": None,
    "items": 0,
    "done": 0,
    "size": 0,
    "not_whole": 0,
    "trouble": None,
    "found": 0,
    "repaired": 0,
    "lately": False,
}


def scrub(settings: Settings, *options: str) -> int:
    return main(["scrub", "--data", str(settings.data), *options])


def test_it_says_how_far_each_copy_has_been_read(
    center: Center, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scrub(settings, "--status") == 0
    assert capsys.readouterr().out.splitlines() == [
        "first-copy   not read again yet",
        "second-copy  not read again yet",
        "first-keys   not read again yet",
        "second-keys  not read again yet",
    ]
    assert scrub(settings, "--copy", "first-copy") == 0
    assert "Everything that was read is as recorded now." in capsys.readouterr().out
    assert scrub(settings, "--status", "--copy", "first-copy") == 0
    assert "last read again" in capsys.readouterr().out


def test_a_copy_that_is_away_or_unknown_and_an_item_that_is_not_there_are_told(
    center: Center, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scrub(settings, "--copy", "third-copy") == 2
    assert "there are first-copy, second-copy" in capsys.readouterr().err
    assert scrub(settings, "--evidence", "00" * 16) == 1
    assert "no sealed evidence" in capsys.readouterr().err
    shutil.rmtree(settings.copies["first-copy"])
    assert scrub(settings) == 1
    said = capsys.readouterr().out
    assert "first-copy: it does not answer, and was not read" in said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "not read again yet"),
        (
            {"began": "A", "items": 9, "done": 3, "size": 2_500_000_000, "trouble": "away"},
            "being read again since A: 3 of 9 items, 2.5 GB; it does not answer: not read",
        ),
        (
            {"began": "A", "ended": "B", "full": "0", "items": 9, "size": 10**9, "not_whole": 2},
            "last read again B: 9 items, 1.0 GB; last read whole 0; 2 items could not be read whole",
        ),
        (
            {"began": "A", "ended": "B", "full": "B", "found": 3, "repaired": 3, "lately": True},
            "last read again B: 0 items, 0.0 GB; 3 objects were found damaged, 3 were put right; "
            "the last of them this week: look at that disk",
        ),
    ],
)
def test_how_it_stands_is_told_in_words(found: dict[str, object], said: str) -> None:
    assert summary(QUIET | found) == said
