"""A protocol's checklist: what is ticked is in the record, with its words as they were then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recorder.errors import InterviewRefused
from recorder.interview.checklist import Checklist
from recorder.interview.interview import Interview
from recorder.interview.pending_notes import PendingNotes
from recorder.interview.status import describe_next_door
from tests.support.centers.interview_room import Room, events

PROSECUTOR = "9a" * 16


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "spool")


async def tick(
    interview: Interview, item: str = "wish", done: bool = True, note: str = "", version: str = "00" * 8
) -> dict[str, Any]:
    return await interview.checklist.tick(
        "child", version, item, f"Words of {item}.", done=done, note=note, by=PROSECUTOR
    )


def entered(room: Room) -> list[dict[str, Any]]:
    return [one for one in events(room.writers[0]) if one["type"] == "checklist"]


async def test_an_item_ticked_before_the_beginning_stands_at_the_beginning_of_the_record(room: Room) -> None:
    await tick(room.interview, note="wants\nno \u202eobservers")
    await room.begin("wide")
    await room.interview.notes.put_down()
    [item] = entered(room)
    assert item.pop("sent") and item.pop("at") < 1_000_000
    assert item == {
        "type": "checklist",
        "protocol": "child",
        "version": "00" * 8,
        "item": "wish",
        "text": "Words of wish.",
        "done": True,
        "note": "wants no observers",
        "by": PROSECUTOR,
    }


async def test_each_change_is_an_event_and_the_same_again_is_none(room: Room) -> None:
    await room.begin("wide")
    await tick(room.interview)
    await tick(room.interview)
    await tick(room.interview, done=False)
    await tick(room.interview, "rules", version="11" * 8)
    assert [(one["item"], one["done"], "note" in one) for one in entered(room)] == [
        ("wish", True, False),
        ("wish", False, False),
        ("rules", True, False),
    ]
    assert [one["done"] for one in describe_next_door(room.interview)["ticks"]] == [False, True]


async def test_the_next_recorder_knows_what_was_ticked(room: Room) -> None:
    await tick(room.interview, note="yes")
    after = Checklist(PendingNotes(room.notes_file(), lambda *_, **__: None, lambda: False))
    assert [(one["item"], one["note"]) for one in after.listed] == [("wish", "yes")]


async def test_what_could_not_be_kept_is_not_ticked(room: Room) -> None:
    await room.begin("wide")
    await room.film(room.cameras[0])
    await tick(room.interview)
    await room.interview.stop("finished", PROSECUTOR)
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await tick(room.interview, done=False)
    with pytest.raises(InterviewRefused, match=r"state\.wrong"):
        await tick(room.interview, "rules")
    assert [(one["item"], one["done"]) for one in room.interview.checklist.listed] == [("wish", True)]


async def test_a_note_beside_an_item_has_an_end(room: Room) -> None:
    with pytest.raises(InterviewRefused, match=r"slip\.long"):
        await tick(room.interview, note="x" * 501)
