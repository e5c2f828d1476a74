"""Times on pages: the center's own, its zone named once; UTC beside each, for who asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from amana.http.templates import make_templates
from casework.web.request import day

WINTER = datetime(2026, 11, 30, 23, 23, 39, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 22, 0, tzinfo=UTC)


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


def test_a_page_names_its_zone_once_and_another_distance_from_utc_beside_its_time(
    machine_in: Callable[[str], None],
) -> None:
    machine_in("Asia/Hebron")
    summer = datetime.now().astimezone().utcoffset() == timedelta(hours=3)
    of_now, of_another_season = (SUMMER, WINTER) if summer else (WINTER, SUMMER)
    named: set[str] = set()
    template = make_templates().env.from_string("{{ when | moment }}")
    assert re.search(r">[-0-9]+ [:0-9]+</time>", template.render(when=of_now, zones_named=named))
    assert len(named) == 1
    paper = make_templates().env.from_string("{{ when | moment(with_zone=true) }}")
    assert " UTC+" in paper.render(when=of_now, zones_named=set())
    assert " UTC+" in template.render(when=of_another_season, zones_named=named)


def test_the_last_day_of_a_grant_is_the_day_of_the_form(machine_in: Callable[[str], None]) -> None:
    for zone in ("Asia/Hebron", "America/St_Johns", "UTC"):
        machine_in(zone)
        for last in ("2026-03-27", "2026-03-28", "2026-10-23", "2026-10-24", "2026-11-30"):
            ends = day(last, timedelta(days=1))
            assert f"{ends.astimezone():%H:%M:%S}" == "00:00:00", "enforced to the end of the local day"
            page = make_templates().env.from_string("{{ ends | until }}").render(ends=ends, language="en")
            assert page == f'the end of <bdi class="numeral" dir="ltr">{last}</bdi>'
