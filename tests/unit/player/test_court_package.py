"""The court folder of a whole interview: everything recorded, or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from court_room import CourtRoom

from casework import evidence
from casework.errors import Forbidden, WrongState
from chain_of_custody.verify import verify
from player.court_package import write_interview


async def test_all_parts_of_an_interview_are_in_one_folder_that_proves_itself(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    parts = [await room.record("interrupted"), await room.record()]
    folder = await asyncio.to_thread(
        write_interview, room.center, room.prosecutor, room.interview.id, "hearing", tmp_path / "folder"
    )
    report = verify(folder, evidence.policy(room.center))
    assert report.outcome == "intact"
    assert [part.evidence for part in report.parts] == parts


async def test_an_interview_with_an_open_part_is_not_handed_out(
    empty_room: CourtRoom, tmp_path: Path
) -> None:
    room = empty_room
    await room.record("interrupted")
    await room.record("running")
    with pytest.raises(WrongState):
        await asyncio.to_thread(
            write_interview, room.center, room.prosecutor, room.interview.id, "hearing", tmp_path / "folder"
        )
    assert not (tmp_path / "folder").exists()


async def test_a_court_watches_and_does_not_hand_out(room: CourtRoom, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        await asyncio.to_thread(
            write_interview, room.center, room.court, room.interview.id, "hearing", tmp_path / "folder"
        )
