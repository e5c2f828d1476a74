"""Times on pages: the center's own, with the distance from UTC; UTC beside it, for whoever asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from amana.http.templates import make_templates

WINTER = datetime(2026, 11, 30, 23, 23, 39, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 22, 0, tzinfo=UTC)


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def set_zone(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "when", "shown"),
    [
        ("Asia/Hebron", WINTER, "2026-12-01 01:23:39 UTC+2"),
        ("Asia/Hebron", SUMMER, "2026-07-02 01:00:00 UTC+3"),
        ("America/St_Johns", WINTER, "2026-11-30 19:53:39 UTC-3:30"),
        ("UTC", WINTER, "2026-11-30 23:23:39 UTC"),
    ],
)
def test_a_time_is_the_centers_and_utc_on_demand(
    machine_in: Callable[[str], None], zone: str, when: datetime, shown: str
) -> None:
    machine_in(zone)
    page = make_templates().env.from_string("{{ when | moment }}").render(when=when)
    assert f">{shown}</time>" in page
    assert f'datetime="{when:%Y-%m-%dT%H:%M:%SZ}" title="{when:%Y-%m-%d %H:%M:%S} UTC"' in page
