"""`amana export` while somebody contradicts the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from amana.cli import main
from amana.settings import Settings
from casework.center import Center
from casework.database.models import Person
from casework.errors import UnseenAlarm
from casework.witnesses import alarms


def export(settings: Settings, tmp_path: Path, person: Person, *options: str) -> int:
    wanted = ["export", "00" * 16, "--to", str(tmp_path / "stick"), "--purpose", "hearing"]
    return main([*wanted, "--as", person.name, "--data", str(settings.data), *options])


def test_while_an_alarm_is_unseen_nothing_is_exported_but_on_an_explicit_wish(
    center: Center,
    settings: Settings,
    tmp_path: Path,
    prosecutor: Person,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alarms.ring(center.database, "forked", "court", b"ours", b"theirs")
    with pytest.raises(UnseenAlarm):
        alarms.require_seen(center)
    assert export(settings, tmp_path, prosecutor) == 2
    said = capsys.readouterr().err
    assert said.startswith("amana: 1 alarm about the ledger nobody has said to have seen.")
    assert "--despite-alarm" in said
    assert not (tmp_path / "stick").exists()
    # With the wish, and once it is seen, what is missing is the evidence asked for.
    assert export(settings, tmp_path, prosecutor, "--despite-alarm") == 1
    assert "alarm" not in capsys.readouterr().err
    [alarm] = alarms.kept(center)
    alarms.take_note(center, prosecutor, alarm.id)
    alarms.require_seen(center)
    assert export(settings, tmp_path, prosecutor) == 1
    assert "alarm" not in capsys.readouterr().err
