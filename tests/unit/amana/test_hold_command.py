"""Holds and retention at the terminal."""

from __future__ import annotations

import pytest

from amana.cli import main
from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.models import Person
from casework.retention import legal_holds


def test_a_hold_is_placed_listed_and_lifted_at_the_terminal(
    center: Center, prosecutor: Person, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    case = cases.open_case(center, prosecutor)
    data = ["--data", str(settings.data), "--as", "Second"]
    placing = ["hold", "place", case.code, "--reason", "court-order", "--reference", "Order 3"]
    assert main([*placing, *data]) == 0
    [one] = legal_holds.listed(center, prosecutor, case.id)
    assert one.hold.id in capsys.readouterr().out
    assert main(["hold", "list", case.code, *data]) == 0
    assert "in force" in capsys.readouterr().out
    assert main(["hold", "lift", one.hold.id, "--reason", "ended", "--reference", "4", *data]) == 0
    assert not legal_holds.over(center, case.id)
    assert main(["hold", "list", "2026-9999", *data]) == 2
    assert "no case '2026-9999'" in capsys.readouterr().err


def test_how_long_a_case_is_kept_is_said_and_listed_at_the_terminal(
    center: Center, prosecutor: Person, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    case = cases.open_case(center, prosecutor)
    data = ["--data", str(settings.data), "--as", "Second"]
    assert main(["retention", "list", case.code, *data]) == 0
    assert "is not set, so the longest rule counts" in capsys.readouterr().out
    saying = ["retention", "set", case.id, "--kind", "child", "--reference", "12"]
    assert main([*saying, "--until", "2140-01-02", *data]) == 0
    assert "until 2140-01-02: a court has stated this date" in capsys.readouterr().out
    assert main([*saying, "--until", "next year", *data]) == 2
    settings.retention.write_text("any 18 months\nnoted 3 days\nlong 24 months\n")
    assert main(["retention", "rules", *data[:2]]) == 0
    told = capsys.readouterr().out
    assert [line.split() for line in told.splitlines()[1:]] == [
        ["any", "18", "months"],
        ["noted", "3", "days"],
        ["long", "2", "years"],
    ]
    settings.retention.write_text("any 18\n")
    assert main(["retention", "rules", *data[:2]]) == 1
    assert "line 1" in capsys.readouterr().err
