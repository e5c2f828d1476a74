"""`amana recorders`: what the terminal says about the machines that record."""

from __future__ import annotations

import pytest

from amana.cli import main
from amana.install import installation
from amana.settings import Settings
from casework.center import Center
from casework.people import recorder_keys


@pytest.fixture
def data(settings: Settings) -> list[str]:
    return ["--data", str(settings.data)]


def test_recorders_are_listed_and_revoked_at_the_terminal(
    center: Center, settings: Settings, data: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    key = installation.read(settings).recorder_id
    assert main(["recorders", "list", *data]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(key)
    assert line.endswith("enrolled by statement 0   this machine")
    assert main(["recorders", "revoke", key, "--reason", "replaced", *data]) == 0
    assert "recorder.key" in capsys.readouterr().out
    assert main(["recorders", "list", *data]) == 0
    assert "revoked by statement" in capsys.readouterr().out
    assert recorder_keys.in_force(center) == []


def test_a_new_key_takes_the_place_of_a_revoked_one(
    center: Center, settings: Settings, data: list[str]
) -> None:
    old = installation.read(settings).recorder_id
    assert main(["recorders", "revoke", old, "--reason", "replaced", *data]) == 0
    (settings.keys / "recorder.key").rename(settings.data / "old-recorder.key")
    installation.prepare(settings)
    new = installation.read(settings).recorder_id
    assert main(["recorders", "list", *data]) == 0
    assert recorder_keys.in_force(center) == [new]
    assert old != new


@pytest.mark.parametrize(
    ("given", "said"),
    [(["00" * 8, "--reason", "stolen"], "no recorder"), (["KEY", "--reason", "It was stolen"], "not a code")],
)
def test_what_cannot_be_revoked_is_said(
    center: Center,
    settings: Settings,
    data: list[str],
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    said: str,
) -> None:
    key = installation.read(settings).recorder_id
    assert main(["recorders", "revoke", *[key if one == "KEY" else one for one in given], *data]) == 2
    assert said in capsys.readouterr().err
    assert recorder_keys.in_force(center) == [key]
