"""A copy that is not mounted is a trouble to be shown, never an empty copy to be made."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from amana.centers import opened_center
from amana.health import copies, status
from amana.install import installation
from amana.keyholder.client import KeyholderClient
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from casework.center import Center
from tests.support.patience import PATIENCE
from vault.errors import StoreUnavailable


def test_a_copy_that_is_away_at_the_start_is_shown_and_the_other_one_goes_on(
    settings: Settings, keyholder: KeyholderClient
) -> None:
    away = settings.copies["second-copy"]
    shutil.rmtree(away)
    away.mkdir()  # the empty folder on which it would be mounted
    assert installation.prepare(settings) is None
    with opened_center(settings, RecorderRooms(settings), keyholder) as center:
        assert list(away.iterdir()) == []
        assert center.stores["first-copy"].put("recordings/a", b"sealed").size == 6
        with pytest.raises(StoreUnavailable, match="not mounted, or never made"):
            center.stores["second-copy"].put("recordings/a", b"sealed")
        stores = status.look(center, settings)["stores"]
        assert stores["first-copy"] == {"well": True}
        assert stores["second-copy"]["well"] is False
        assert "not mounted" in stores["second-copy"]["why"]


def test_a_copy_lost_for_good_is_made_anew_when_a_person_says_so(settings: Settings) -> None:
    lost = settings.copies["first-copy"]
    shutil.rmtree(lost)
    installation.make_copy(settings, "first-copy")
    assert (lost / "store.json").exists()
    with pytest.raises(installation.NotInstalled):
        installation.make_copy(replace(settings, data=settings.data / "elsewhere"), "first-copy")


def test_a_first_start_that_was_cut_short_still_makes_the_copies(settings: Settings) -> None:
    shutil.rmtree(settings.copies["first-copy"])
    (settings.keys / "deployment").unlink()
    installation.prepare(settings)
    assert (settings.copies["first-copy"] / "store.json").exists()


def test_a_copy_whose_server_stands_still_does_not_keep_the_page_that_says_so(
    center: Center, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    thawed = threading.Event()

    def frozen(_: str) -> Iterator[str]:
        thawed.wait(PATIENCE)
        return iter(())

    monkeypatch.setattr(copies, "ANSWERS_WITHIN", 0.2)
    for store in center.stores.values():
        monkeypatch.setattr(store, "list", frozen)
    began = time.monotonic()
    try:
        stores = status.look(center, settings)["stores"]
    finally:
        thawed.set()
    assert time.monotonic() - began < PATIENCE
    assert [(one["well"], one["why"]) for one in stores.values()] == [
        (False, "no answer within 0.2 seconds")
    ] * 2
