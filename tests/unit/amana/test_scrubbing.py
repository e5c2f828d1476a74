"""When copies are read again in the background, and when not."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from amana.app import create_app
from amana.settings import Settings
from amana.workers.scrubbing import ByteRate, ReadingAborted, ScrubWorker
from casework.center import Center
from casework.copies import scrub_schedule
from casework.copies.scrub import scrub
from casework.database.models import CopyReading
from casework.people import people
from tests.support.centers.casework_world import World, world  # the world of recordings is casework's
from tests.support.centers.copied_world import FIRST, SECOND, Copied, copied
from tests.support.patience import wait_until

__all__ = ["copied", "world"]

HERE = "http://127.0.0.1:8420"
FAST = 10**12


@dataclass
class Rooms:
    """Which interviews are being recorded."""

    recorded: set[str] = field(default_factory=set)

    def reach(self, interview: str) -> Any:
        return self if interview in self.recorded else None


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def center(copied: Copied, rooms: Rooms) -> Center:
    return replace(copied.center, rooms=rooms)  # type: ignore[arg-type]  # as much of one as is asked for


def standing(center: Center) -> dict[str, scrub_schedule.ScrubStatus]:
    return {one.copy: one for one in scrub_schedule.scrub_statuses(center)}


def read_at(center: Center, copy: str, item: str) -> object:
    with center.database() as session:
        row = session.get(CopyReading, (copy, item))
    return None if row is None else row.read_at


def begin_recording(copied: Copied, rooms: Rooms) -> None:
    interview = copied.world.interview()
    copied.world.ticket(interview)
    rooms.recorded.add(interview.id)


def test_a_pass_over_both_copies_reads_everything_puts_right_what_is_damaged_and_ends(
    center: Center, copied: Copied
) -> None:
    expected = copied.everything(FIRST)
    copied.flip(SECOND, "segments/000002", 50)
    time.sleep(0.002)  # sealed before the pass begins, to the millisecond
    scrubbing = ScrubWorker(center, 30, FAST)
    while scrubbing.look():
        pass
    assert copied.everything(SECOND) == expected
    for seen in standing(center).values():
        assert (seen.done, seen.items) == (1, 1)
        assert seen.full_at is not None
    assert (standing(center)[SECOND].found, standing(center)[SECOND].repaired) == (1, 1)
    assert not scrubbing.look()


def test_the_thread_repairs_what_a_viewer_noticed_without_any_pass(center: Center, copied: Copied) -> None:
    expected = copied.everything(FIRST)
    copied.flip(FIRST, "index", 50)
    center.noticed.note(FIRST, copied.item)
    center.noticed.note("a-copy-of-long-ago", copied.item)
    scrubbing = ScrubWorker(center, 0, FAST, every=0.01)
    scrubbing.start()
    try:
        wait_until(
            lambda: copied.everything(FIRST) == expected and read_at(center, FIRST, copied.item) is not None
        )
    finally:
        scrubbing.stop()
    assert standing(center)[FIRST].began_at is None
    # Noticed again at once it is not read again: nothing can have changed.
    copied.flip(FIRST, "index", 50)
    center.noticed.note(FIRST, copied.item)
    assert not ScrubWorker(center, 0, FAST).look()


def test_a_copy_that_was_made_anew_is_filled_without_any_pass(center: Center, copied: Copied) -> None:
    expected = copied.everything(FIRST)
    scrubbing = ScrubWorker(center, 0, FAST, wanting_every=0.0)
    scrubbing.look()
    copied.make_anew(SECOND)
    scrubbing.look()
    assert copied.everything(SECOND) == expected


def test_while_an_interview_is_recorded_nothing_is_read(center: Center, copied: Copied, rooms: Rooms) -> None:
    begin_recording(copied, rooms)
    center.noticed.note(FIRST, copied.item)
    scrubbing = ScrubWorker(center, 30, FAST, wanting_every=0.0)
    assert not scrubbing.look()
    assert read_at(center, FIRST, copied.item) is None
    rooms.recorded.clear()
    scrubbing.look()
    assert read_at(center, FIRST, copied.item) is not None


def test_when_an_interview_begins_the_item_at_hand_is_left_and_read_from_its_beginning_later(
    center: Center, copied: Copied, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def wait(_: ByteRate, size: int, __: threading.Event) -> None:
        waited.append(size)
        if len(waited) == 3:
            begin_recording(copied, rooms)

    monkeypatch.setattr(ByteRate, "wait", wait)
    center.noticed.note(FIRST, copied.item)
    scrubbing = ScrubWorker(center, 0, FAST)
    with pytest.raises(ReadingAborted):
        scrubbing.look()
    assert len(waited) == 3
    assert read_at(center, FIRST, copied.item) is None
    rooms.recorded.clear()
    center.noticed.note(FIRST, copied.item)
    scrubbing.look()
    assert read_at(center, FIRST, copied.item) is not None


def test_a_copy_that_is_away_is_left_for_a_while_and_the_other_one_is_read(
    center: Center, copied: Copied, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied.world.folder / FIRST
    folder.rename(folder.with_name("unplugged"))
    monkeypatch.setattr("amana.workers.scrubbing.PAUSE", 0.2)
    time.sleep(0.002)
    scrubbing = ScrubWorker(center, 30, FAST, wanting_every=0.0)
    scrub_schedule.begin(center, FIRST)
    while scrubbing.look():
        pass
    assert standing(center)[SECOND].full_at is not None
    first = standing(center)[FIRST]
    assert (first.trouble, first.done, first.found) == ("away", 0, 0)
    folder.with_name("unplugged").rename(folder)
    time.sleep(0.2)
    while scrubbing.look():
        pass
    assert standing(center)[FIRST].trouble is None
    assert standing(center)[FIRST].full_at is not None


@pytest.mark.parametrize(
    ("language", "not_right", "lately"),
    [
        ("en", "Something in this copy is not right and was not repaired.", "have this disk checked"),
        ("ar", "في هذه النسخة ما ليس سليمًا ولم يُصلَح.", "يجب فحص هذا القرص واستبداله"),
    ],
)
async def test_the_health_page_tells_what_was_found_what_it_means_and_what_to_do(
    center: Center, copied: Copied, language: str, not_right: str, lately: str
) -> None:
    app = create_app(center, Settings(data=copied.world.folder))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"origin": HERE}) as browser:
        browser.cookies.set("language", language)
        token = people.new_link(center, None, copied.world.administrator.id)
        assert (await browser.post("/sign-in", json={"token": token})).status_code == 200

        async def page() -> str:
            return (await browser.get("/health", headers={"accept": "text/html"})).text

        before = await page()
        assert not_right not in before and lately not in before
        for copy in (FIRST, SECOND):
            copied.flip(copy, "segments/000001", 3)
        scrub(center, FIRST, copied.item)
        during = await page()
        assert not_right in during and lately in during
        assert f"{copied.item} segments/000001" in during
        copied.flip(SECOND, "segments/000001", 3)
        scrub(center, FIRST, copied.item)
        after = await page()
        assert not_right not in after and lately in after


class Clock(threading.Event):
    """Goes on by as much as it is waited for, until it is set."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += 0 if self.is_set() else timeout or 0
        return self.is_set()


def test_reading_keeps_to_its_rate_and_saves_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, clock = ByteRate(1_000_000), Clock()
    monkeypatch.setattr("amana.workers.scrubbing.time", clock)
    for _ in range(5):
        rate.wait(50_000, clock)
    assert clock.now == pytest.approx(1000.2)
    clock.now = 1001.0
    for _ in range(3):
        rate.wait(50_000, clock)
    assert clock.now == pytest.approx(1001.1)
    clock.set()
    rate.wait(10**9, clock)
    rate.wait(10**9, clock)
    assert clock.now == pytest.approx(1001.1)


assert World  # the type of the fixture
