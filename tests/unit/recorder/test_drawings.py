"""Drawings in the room: the record has when one was ended and how long it took, and names it as sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recorder.errors import InterviewRefused
from recorder.interview.exhibits import Exhibit
from recorder.interview.pending_notes import MOST_LATE
from recorder.interview.status import describe_fully
from tests.support.centers.interview_room import SECOND, Room, events
from tests.unit.recorder.test_commands import commands

BY = "9a" * 16
SHEET = Exhibit("ee" * 16, "document", 4, "ab" * 32)
FIELDS: dict[str, Any] = {"evidence": SHEET.evidence, "kind": "document", "number": 4, "manifest": "ab" * 32}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


def entered(room: Room) -> list[dict[str, Any]]:
    return [one for one in events(room.writers[0]) if one["type"] == "drawing.made"]


async def test_a_drawing_is_entered_once_at_the_moment_at_which_it_was_ended(room: Room) -> None:
    [camera] = await room.begin("wide")
    camera.timeline.zero -= 60 * SECOND  # the part is a minute old
    before = room.interview.elapsed
    answer = await room.interview.drawings.report(SHEET, "tablet", 12_000, BY, ago=30_000)
    after = room.interview.elapsed
    assert answer == {"evidence": SHEET.evidence, "number": 4}
    assert await room.interview.drawings.report(SHEET, "tablet", 12_000, BY, ago=31_000) == answer
    [event] = entered(room)
    assert before - 30 * SECOND <= event.pop("at") <= after - 30 * SECOND
    assert event == {"type": "drawing.made", **FIELDS, "means": "tablet", "ms": 12_000, "by": BY}
    assert [one["number"] for one in describe_fully(room.interview)["entries"]] == [4]


async def test_a_picture_of_a_drawing_on_paper_took_no_time_on_the_tablet(room: Room) -> None:
    await room.begin("wide")
    await room.interview.drawings.report(SHEET, "paper", 0, BY, ago=0)
    [event] = entered(room)
    assert "ms" not in event and event["means"] == "paper"


async def test_one_that_was_ended_before_the_part_has_its_time_of_day(room: Room) -> None:
    await room.interview.drawings.report(SHEET, "tablet", MOST_LATE + 1, BY, ago=1_000)
    await room.begin("wide")
    await room.interview.notes.put_down()
    [event] = entered(room)
    assert event["sent"] and event["ms"] == MOST_LATE


async def test_a_recorder_after_a_killed_one_does_not_enter_it_again(room: Room) -> None:
    await room.begin("wide")
    await room.interview.drawings.report(SHEET, "tablet", 500, BY, ago=0)
    after = Room(room.spool, key=room.key)
    await after.film(*await after.begin("wide", part=2))
    await after.interview.drawings.report(SHEET, "tablet", 500, BY, ago=2_000)
    assert len(entered(room)) == 1 and entered(after) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"drawing": None},
        {"drawing": FIELDS | {"number": -1}},
        {"drawing": FIELDS | {"manifest": 7}},
        {"means": "stone"},
        {"ms": -1},
        {"ago": None},
        {"by": ""},
    ],
)
async def test_what_is_no_report_of_a_drawing_is_refused(room: Room, wrong: dict[str, Any]) -> None:
    await room.begin("wide")
    good = {"request": "1", "drawing": FIELDS, "means": "tablet", "ms": 1, "ago": 1, "by": BY}
    with pytest.raises(InterviewRefused, match=r"body\.malformed"):
        await commands(room).do("drawing", good | wrong)
    assert entered(room) == []
    assert await commands(room).do("drawing", good) == {"evidence": SHEET.evidence, "number": 4}
