"""Comparison sheets on their pages: ordered as the page's script asks, made in their turn, told in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.database.models import Person
from casework.derivatives.queue import DerivativeQueue
from casework.photographs import intimate_approvals
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.compared import asked, photographed, with_a_ruler
from tests.support.patience import until
from tests.unit.player.test_comparison_sheets import truncated
from tests.unit.player.test_derivative_pages import HTML, ended, english, queue_of
from tests.unit.player.test_exhibit_packages import added, nurse_of

pytestmark = pytest.mark.starts


@dataclass
class Desk:
    room: CourtRoom
    nurse: Person
    client: httpx.AsyncClient
    plain: list[str]

    @property
    def page(self) -> str:
        return f"/cases/{self.room.case.id}/comparisons"

    async def order(self, *wanted: dict[str, Any], purpose: str = "hearing") -> httpx.Response:
        return await self.client.post(self.page, json={"photographs": list(wanted), "purpose": purpose})


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> tuple[CourtRoom, Person, list[str]]:
    """A room with two, to be copied, and who took them."""
    room = CourtRoom.make(tmp_path_factory.mktemp("photographs"))
    nurse = nurse_of(room)
    return room, nurse, [added(room, nurse, with_a_ruler(seed=seed)) for seed in (1, 2)]


@pytest.fixture
async def desk(photographs: tuple[CourtRoom, Person, list[str]], tmp_path: Path) -> AsyncIterator[Desk]:
    """A nurse at a machine without FFmpeg; nothing is made there before somebody starts the queue."""
    first, nurse, plain = photographs
    room = first.copied(tmp_path)
    (tmp_path / "scratch").mkdir()
    room.app.state.derivatives = DerivativeQueue(room.center, tmp_path / "scratch", draw, lambda: None)
    yield Desk(room, nurse, await room.browser(nurse), plain)
    await asyncio.to_thread(queue_of(room).close)


async def test_a_sheet_is_ordered_made_without_ffmpeg_and_listed(desk: Desk) -> None:
    told = await english(desk.client, desk.page)
    assert all(f'value="{one}"' in told for one in desk.plain)
    answer = await desk.order(*map(asked, desk.plain))
    assert answer.status_code == 201, answer.text
    sheet = answer.json()["derivative"]
    waiting = await english(desk.client, f"/derivatives/{sheet}")
    assert "The sheet waits to be made" in waiting
    queue_of(desk.room).start()
    assert await ended(desk.client, sheet) == "made"
    assert f'href="/derivatives/{sheet}"' in await english(desk.client, desk.page)
    page = await english(desk.client, f"/derivatives/{sheet}")
    assert "It is not the master." in page
    assert "Photograph 2" in page
    opened = await desk.client.post(f"/evidence/{sheet}/viewings", json={"purpose": "hearing"})
    assert opened.status_code == 200
    prosecutor = await desk.room.browser(desk.room.prosecutor)
    package = await english(prosecutor, f"/cases/{desk.room.case.id}/package")
    assert f'name="copy" value="{sheet}"' in package
    assert f'value="{sheet}"' in await english(prosecutor, f"/cases/{desk.room.case.id}/grants/new")


async def test_an_intimate_sheet_leads_to_where_intimate_pictures_are_asked_for(desk: Desk) -> None:
    room = desk.room
    [covered] = await photographed(room, desk.nurse, with_a_ruler(seed=3), intimate=True, agreed=True)
    refused = await desk.order(asked(covered), asked(desk.plain[0]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "needs-second")

    def agree(item: str) -> None:
        request = intimate_approvals.ask(room.center, desk.nurse, item, "hearing", "to compare")
        intimate_approvals.decide(room.center, room.prosecutor, request, approve=True)

    await asyncio.to_thread(agree, covered)
    assert f'value="{covered}"' in await english(desk.client, desk.page)
    sheet = (await desk.order(asked(covered), asked(desk.plain[0]))).json()["derivative"]
    queue_of(room).start()

    async def refused() -> httpx.Response | None:
        answer = await desk.client.get(f"/derivatives/{sheet}/progress")
        return answer if answer.status_code != 200 else None

    told = await until(refused)
    assert (told.status_code, told.json()["error"]["code"]) == (403, "needs-second")
    address = f"/cases/{room.case.id}/intimate"
    led = await desk.client.get(f"/derivatives/{sheet}", headers=HTML)
    assert (led.status_code, led.headers["location"]) == (303, address)
    assert "A comparison sheet with an intimate picture on it." in await english(desk.client, address)
    assert sheet not in await english(desk.client, desk.page)
    opened = await desk.client.post(f"/evidence/{sheet}/viewings", json={"purpose": "hearing"})
    assert (opened.status_code, opened.json()["error"]["code"]) == (403, "needs-second")
    prosecutor = await room.browser(room.prosecutor)
    for page in ("package", "grants/new"):
        assert sheet not in await english(prosecutor, f"/cases/{room.case.id}/{page}")
    await asyncio.to_thread(agree, sheet)
    page = await english(desk.client, f"/derivatives/{sheet}")
    assert 'value="hearing"' in page
    assert 'value="review"' not in page
    assert "it is included in no package" in page
    assert f'href="/derivatives/{sheet}"' in await english(desk.client, address)
    opened = await desk.client.post(f"/evidence/{sheet}/viewings", json={"purpose": "hearing"})
    assert opened.status_code == 200


async def test_what_cannot_be_is_refused_in_words_and_nothing_is_ordered(desk: Desk) -> None:
    changes: list[tuple[dict[str, Any], str]] = [
        ({"mark": None}, "mark-refused"),
        ({"mark": (300, 920, 310, 920, 50_000)}, "mark-refused"),
        ({"mark": (300, 920, 800, 920, 999)}, "mark-refused"),
        ({"crop": (0, 0, 10, 10)}, "refused"),
        ({"label": "two\nlines"}, "refused"),
        ({"taken": "yesterday"}, "refused"),
        ({"taken": "2026-02-30"}, "refused"),
        ({"label": "x" * 500}, "malformed"),
        ({"crop": (0, 0, 1e9, 10)}, "malformed"),
        ({"more": 1}, "malformed"),
    ]
    for change, code in changes:
        answer = await desk.order(*(asked(one, **change) for one in desk.plain))
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code), change
        assert all(answer.json()["error"][words] for words in ("what", "meaning", "todo")), change
        assert 'class="copies"' not in await english(desk.client, desk.page), change


async def test_what_does_not_lie_in_a_photograph_fails_with_words_on_its_page(desk: Desk) -> None:
    wanted = [asked(one, crop=(0, 0, 1601, 1200)) for one in desk.plain]
    sheet = (await desk.order(*wanted)).json()["derivative"]
    queue_of(desk.room).start()
    assert await ended(desk.client, sheet) == "failed"
    page = await english(desk.client, f"/derivatives/{sheet}")
    assert "is not inside the photograph" in page
    assert desk.page in page


@pytest.mark.parametrize(
    ("hostile", "crop", "what"),
    [
        (lambda: with_a_ruler(seed=3), (0, 0, 1601, 1200), "is not inside the photograph"),
        (truncated, (0, 0, 1600, 1200), "could not be read within the limits"),
    ],
)
async def test_a_sheet_that_cannot_be_made_says_because_of_which_photograph(
    desk: Desk, hostile: Callable[[], bytes], crop: tuple[int, int, int, int], what: str
) -> None:
    [wrong] = await photographed(desk.room, desk.nurse, hostile())
    wanted = [asked(desk.plain[0]), asked(wrong, crop=crop), asked(desk.plain[1])]
    sheet = (await desk.order(*wanted)).json()["derivative"]
    queue_of(desk.room).start()
    assert await ended(desk.client, sheet) == "failed"
    page = await english(desk.client, f"/derivatives/{sheet}")
    assert what in page
    assert "That is so of photograph 3." in page


async def test_one_that_waits_is_cancelled_by_whoever_compares_and_by_nobody_else(desk: Desk) -> None:
    sheet = (await desk.order(*map(asked, desk.plain))).json()["derivative"]
    court = await desk.room.browser(desk.room.court)
    assert (await court.post(f"/derivatives/{sheet}/cancel")).status_code == 403
    prosecutor = await desk.room.browser(desk.room.prosecutor)
    assert (await prosecutor.post(f"/derivatives/{sheet}/cancel", headers=HTML)).status_code == 303
    assert "This copy was cancelled." in await english(desk.client, f"/derivatives/{sheet}")
