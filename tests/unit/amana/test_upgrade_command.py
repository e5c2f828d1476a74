"""`amana upgrade --check` takes a service that it cannot ask for one that must not be stopped."""

from __future__ import annotations

from amana.settings import Settings
from tests.support.centers.command_line import amana
from tests.support.centers.prepared import RunningKeyholder


def test_a_service_that_is_stopped_may_be_exchanged(settings: Settings) -> None:
    done = amana("upgrade", "--check", "--data", str(settings.data))
    assert (done.returncode, done.stdout) == (0, "Amana is not running here.\n")


def test_while_the_keyholder_is_away_it_is_no_good_moment(
    settings: Settings, keyholder: RunningKeyholder
) -> None:
    keyholder.end()
    done = amana("upgrade", "--check", "--data", str(settings.data))
    assert done.returncode == 1
    assert "not running" not in done.stdout
