"""`amana status` speaks in words, and says why it tells somebody to look."""

from __future__ import annotations

import subprocess
import sys

import pytest

from amana.cli import main
from amana.commands.status import inside
from amana.health import status
from amana.settings import Settings
from casework.center import Center

WORDLESS = ("[", "]", "{", "}", "True", "False", "None")


@pytest.mark.starts
def test_it_prints_words_and_no_python(
    center: Center, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--data", str(settings.data)]) == 1
    said = capsys.readouterr().out
    assert not [one for one in WORDLESS if one in said], said
    assert "locked (amana keys unlock), protected" in said
    assert "no authority is asked" in said
    assert "nothing is being recorded" in said


@pytest.mark.starts
def test_somebody_who_listens_no_longer_is_told_nothing(center: Center, settings: Settings) -> None:
    command = [sys.executable, "-m", "amana", "status", "--data", str(settings.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait() == 1
    assert errors == b""


@pytest.mark.parametrize(
    ("well", "mark", "why"), [(True, "OK   ", "by a time source"), (False, "CHECK", "(NTP)")]
)
def test_it_says_why_the_clock_is_worth_looking_at(
    center: Center, settings: Settings, well: bool, mark: str, why: str
) -> None:
    seen = status.look(center, settings)
    seen["clock"] = {**seen["clock"], "well": well}
    [line] = [line for line in inside(seen) if line[6:].startswith("clock")]
    assert line.startswith(mark)
    assert line.endswith(why)


def test_what_waits_and_what_does_not_answer_is_named(center: Center, settings: Settings) -> None:
    seen = status.look(center, settings)
    waiting = {"tsa": {"since": "2026-11-25 10:00", "trouble": "away"}}
    seen["timestamps"] = {"well": False, "authorities": ["tsa", "b"], "waiting": waiting, "ended": 1}
    seen["processes"] = {"well": False, "web": 7, "recorders": {"ab": False}}
    seen["ledger"] = {"well": False, "error": "LedgerDiverged"}
    said = "\n".join(inside(seen))
    assert (
        "CHECK timestamps   authorities: tsa, b; a seal waits for tsa since 2026-11-25 10:00 (away); "
        "1 timestamp ended before renewal" in said
    )
    assert "recorder of interview ab does not answer" in said
    assert "CHECK ledger       LedgerDiverged" in said


def test_a_copy_that_does_not_answer_says_why(center: Center, settings: Settings) -> None:
    seen = status.look(center, settings)
    seen["stores"] = {"second-copy": {"well": False, "error": "StoreUnavailable", "why": "not mounted"}}
    assert inside(seen)[-3] == "CHECK second-copy  StoreUnavailable: not mounted"


def test_a_disposal_that_does_not_go_on_is_told_with_where_and_why(
    center: Center, settings: Settings
) -> None:
    seen = status.look(center, settings)
    assert "OK    disposals    none under way" in inside(seen)
    stuck = {
        "d1" * 16: {"why": "left", "places": ["first-keys"]},
        "d2" * 16: {"why": "machine", "places": []},
    }
    seen["disposals"] = {"well": False, "pending": 3, "stuck": stuck}
    [line] = [line for line in inside(seen) if line[6:].startswith("disposals")]
    assert line.startswith(f"CHECK disposals    {'d1' * 16} does not continue: first-keys: something is left")
    assert "s3:DeleteObjectVersion" in line
    assert f"; {'d2' * 16} does not continue: one of the machines" in line
