"""The phases of a protocol: each entry is in the record, with its words as they were then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casework.errors import RecordingFailed
from recorder.errors import InterviewRefused
from recorder.interview.interview import Interview
from recorder.interview.pending_notes import PendingNotes
from recorder.interview.phases import Phases
from recorder.interview.status import describe_fully, describe_next_door
from tests.support.centers.interview_room import Room, events

PROSECUTOR = "9a" * 16


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


async def enter(interview: Interview, phase: str) -> dict[str, Any]:
    return await interview.phases.enter("child", "00" * 8, phase, f"Words of {phase}.", PROSECUTOR)


def entered(room: Room) -> list[dict[str, Any]]:
    return [one for one in events(room.writers[0]) if one["type"] == "phase"]


async def test_each_entry_is_an_event_at_its_moment_and_one_may_return(room: Room) -> None:
    await room.begin("wide")
    for phase in ("recall", "recall", "questions", "recall"):
        await enter(room.interview, phase)
    assert [one["phase"] for one in entered(room)] == ["recall", "questions", "recall"]
    first = entered(room)[0]
    assert first.pop("at") < 1_000_000
    assert first == {
        "type": "phase",
        "protocol": "child",
        "version": "00" * 8,
        "phase": "recall",
        "text": "Words of recall.",
        "by": PROSECUTOR,
    }
    now = describe_next_door(room.interview)["phase"]
    assert (now["phase"], now["text"]) == ("recall", "Words of recall.")
    assert [one["text"] for one in describe_fully(room.interview)["entries"] if one["type"] == "phase"] == [
        "Words of recall.",
        "Words of questions.",
        "Words of recall.",
    ]


async def test_one_entered_before_the_beginning_is_in_the_record_with_the_time_of_its_entry(
    room: Room,
) -> None:
    await enter(room.interview, "introduction")
    after = Phases(PendingNotes(room.notes_file(), lambda *_, **__: None, lambda: False))
    assert after.now == room.interview.phases.now
    await room.begin("wide")
    await room.interview.notes.put_down()
    [one] = entered(room)
    assert after.now is not None and one["sent"] == after.now["at"]


async def test_one_that_could_not_be_stored_is_not_entered(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(room.interview, "introduction")

    def full(_content: object) -> None:
        raise RecordingFailed("disk-full", "no space")

    monkeypatch.setattr(room.interview.notes._file, "write", full)
    with pytest.raises(InterviewRefused, match=r"spool\.failed"):
        await enter(room.interview, "rapport")
    now = room.interview.phases.now
    assert now is not None and now["phase"] == "introduction"
