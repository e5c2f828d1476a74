"""The tiles of *System state*, and the record of its last days."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from amana.health import days, status
from amana.health.tiles import COPIES, PARTS, TILES, copies_well, tiles
from amana.settings import Settings
from casework.center import Center
from casework.database.models import HealthDay, Person

SignIn = Callable[[httpx.AsyncClient, Person], Awaitable[None]]


@pytest.fixture
def seen(center: Center, settings: Settings) -> dict[str, Any]:
    """A state in which everything is well."""
    found = copy.deepcopy(status.look(center, settings))
    for part in [*(found[one] for parts in PARTS.values() for one in parts), *_copies(found)]:
        part["well"] = True
    return found


def _copies(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for group in COPIES for part in found[group].values()]


def test_each_part_of_the_state_is_in_one_tile(seen: dict[str, Any]) -> None:
    assert {*COPIES, *(part for parts in PARTS.values() for part in parts)} == {
        name for name in seen if isinstance(seen[name], dict)
    }
    assert all(tiles(seen).values()) and tuple(tiles(seen)) == TILES
    for tile, parts in PARTS.items():
        for part in parts:
            troubled = {**seen, part: {**seen[part], "well": False}}
            assert [one for one, well in tiles(troubled).items() if not well] == [tile]


def test_a_copy_that_lacks_the_ledger_is_not_counted_as_well(seen: dict[str, Any]) -> None:
    well, all_of_them = copies_well(seen)
    assert well == all_of_them >= 2
    seen["published"]["second-copy"]["well"] = False
    assert copies_well(seen) == (well - 1, all_of_them)
    assert not tiles(seen)["copies"]


def test_a_day_keeps_what_needed_attention_and_old_days_go(center: Center, seen: dict[str, Any]) -> None:
    today = days.today_here()
    with center.database.begin() as session:
        for back, found in ((days.DAYS, "clock"), (days.DAYS - 1, "disk"), (1, "")):
            day = f"{today - timedelta(days=back)}"
            session.add(HealthDay(node=center.node, day=day, checks=5, attention=found))
        session.add(HealthDay(node="another", day=f"{today}", checks=1, attention="keys"))
    days.record(center, {**seen, "clock": {"well": False}})
    days.record(center, seen)
    strip = days.last_days(center, {**seen, "disk": {"well": False}})
    assert [one.day for one in strip] == [today - timedelta(days=back) for back in range(29, -1, -1)]
    assert (strip[0].checks, strip[0].attention) == (5, ["disk"])
    assert (strip[1].checks, strip[1].attention) == (0, []), "not measured"
    assert (strip[-2].checks, strip[-2].attention) == (5, [])
    assert (strip[-1].checks, strip[-1].attention) == (4, ["keys", "disk", "clock"]), (
        "of each machine, and now"
    )
    assert len(center.database.scalars(days.select(HealthDay))) == 4, "the oldest is deleted"


async def test_the_page_says_in_one_sentence_what_needs_attention(
    browser: httpx.AsyncClient,
    center: Center,
    settings: Settings,
    administrator: Person,
    sign_in: SignIn,
) -> None:
    troubled = [tile for tile, well in tiles(status.look(center, settings)).items() if not well]
    assert "keys" in troubled, "trial keys"
    browser.cookies.set("language", "en")
    await sign_in(browser, administrator)
    page = (await browser.get("/health", headers={"accept": "text/html"})).text
    sentence = page.split("Some checks did not pass.")[1].split("</div>")[0]
    assert [tile for tile in TILES if f'href="#tile-{tile}"' in sentence] == troubled
    assert page.count('<li class="day-') == days.DAYS
    assert "Days on which something needed attention" in page
