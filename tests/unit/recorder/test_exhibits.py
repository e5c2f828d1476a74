"""Exhibits in the room: the record has when the tablet showed one, and not when it was chosen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.encoding.canonical_json import instant, moment
from recorder.errors import InterviewRefused
from recorder.interview.exhibits import Exhibit
from recorder.interview.interview import Interview
from recorder.interview.pending_notes import MOST_LATE
from recorder.interview.status import describe_next_door
from tests.support.centers.interview_room import SECOND, Room, events

BY = "9a" * 16
DOOR = Exhibit("ee" * 16, "photograph", 3, "ab" * 32)
HOUSE = Exhibit("dd" * 16, "derivative", 1, "cd" * 32)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


async def report(interview: Interview, state: str, exhibit: Exhibit, ago: int = 0) -> dict[str, Any]:
    return await interview.exhibits.report(state, exhibit.evidence, BY, ago)


def entered(room: Room) -> list[tuple[str, str]]:
    return [
        (one["type"], one["evidence"])
        for one in events(room.writers[0])
        if one["type"].startswith("exhibit.")
    ]


async def test_what_is_shown_and_hidden_is_an_event_when_the_tablet_says_so(room: Room) -> None:
    await room.begin("wide")
    await room.interview.exhibits.choose(DOOR)
    assert entered(room) == []
    for _ in range(2):  # said again, it is entered once
        await report(room.interview, "shown", DOOR)
    await room.interview.exhibits.choose(HOUSE)
    await report(room.interview, "shown", HOUSE)  # in the place of the other
    await room.interview.exhibits.choose(None)
    for _ in range(2):
        await report(room.interview, "hidden", HOUSE)
    assert entered(room) == [
        ("exhibit.shown", DOOR.evidence),
        ("exhibit.hidden", DOOR.evidence),
        ("exhibit.shown", HOUSE.evidence),
        ("exhibit.hidden", HOUSE.evidence),
    ]
    first = next(one for one in events(room.writers[0]) if one["type"] == "exhibit.shown")
    del first["at"]
    assert first == {
        "type": "exhibit.shown",
        "evidence": DOOR.evidence,
        "kind": "photograph",
        "number": 3,
        "manifest": DOOR.manifest,
        "by": BY,
    }
    assert describe_next_door(room.interview)["exhibits"] == {"chosen": None, "shown": None, "failed": False}


async def test_what_is_not_chosen_is_not_entered(room: Room) -> None:
    await room.begin("wide")
    await room.interview.exhibits.choose(DOOR)
    for state, exhibit in (("shown", HOUSE), ("burnt", DOOR)):
        with pytest.raises(InterviewRefused, match=r"exhibit\.stale"):
            await report(room.interview, state, exhibit)
    assert (await report(room.interview, "hidden", DOOR))["shown"] is None
    assert (await report(room.interview, "failed", DOOR))["failed"] is True
    assert (await room.interview.exhibits.choose(DOOR))["failed"] is False
    assert entered(room) == []


async def test_a_late_report_is_entered_at_the_moment_that_it_reports(room: Room) -> None:
    [camera] = await room.begin("wide")
    camera.timeline.zero -= 5 * SECOND  # the part is five seconds old
    await room.interview.exhibits.choose(DOOR)
    before = room.interview.elapsed
    await report(room.interview, "shown", DOOR, ago=3000)
    after = room.interview.elapsed
    await report(room.interview, "hidden", DOOR, ago=4000)  # never before it was shown
    shown, hidden = (one for one in events(room.writers[0]) if one["type"].startswith("exhibit."))
    assert before - 3 * SECOND <= shown["at"] <= after - 3 * SECOND
    assert hidden["at"] == shown["at"]
    assert "sent" not in shown


async def test_what_was_shown_before_the_part_began_is_entered_with_that_time(room: Room) -> None:
    await room.begin("wide")
    await room.interview.exhibits.choose(DOOR)
    await report(room.interview, "shown", DOOR, ago=MOST_LATE + 60_000)
    await report(room.interview, "hidden", DOOR, ago=60_000)
    shown, hidden = (one for one in events(room.writers[0]) if one["type"].startswith("exhibit."))
    epoch = room.interview.epoch
    assert epoch is not None
    assert 0 <= shown["at"] <= hidden["at"] <= room.interview.elapsed
    since = [epoch - moment(instant(one["sent"], "sent")) for one in (shown, hidden)]
    most = timedelta(milliseconds=MOST_LATE)
    assert most / 2 < since[0] <= most and since[0] > since[1] > timedelta()


async def test_what_was_shown_before_the_recording_is_entered_with_that_time(room: Room) -> None:
    await room.interview.exhibits.choose(DOOR)
    await report(room.interview, "shown", DOOR)
    await room.begin("wide")
    await room.interview.notes.put_down()
    [shown] = [one for one in events(room.writers[0]) if one["type"] == "exhibit.shown"]
    assert shown["sent"]


async def test_a_part_after_a_killed_recorder_begins_with_what_is_still_shown(room: Room) -> None:
    await room.begin("wide")
    await room.interview.exhibits.choose(DOOR)
    await report(room.interview, "shown", DOOR)
    after = Room(room.spool, key=room.key)
    assert after.interview.exhibits.listed["shown"]["evidence"] == DOOR.evidence
    await after.film(*await after.begin("wide", part=2))
    [restated] = [one for one in events(after.writers[0]) if one["type"] == "exhibit.shown"]
    assert "sent" not in restated and restated["evidence"] == DOOR.evidence
