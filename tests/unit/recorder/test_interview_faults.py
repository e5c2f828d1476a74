"""What the interview does when the disk, or the ledger, does not do its part."""

from __future__ import annotations

import asyncio
import errno
import threading
from pathlib import Path
from typing import Any

import pytest

from casework.recording.recording_writer import RecordingLimits
from recorder.errors import InterviewRefused
from recorder.interview.status import describe
from tests.support.centers.interview_room import Room, events
from tests.support.patience import PATIENCE
from vault.disk import Disk
from vault.spool.writer import SpoolWriter


class TroubledDisk(Disk):
    """A disk that can be made to fail, or to stand still."""

    def __init__(self) -> None:
        self.failing: int | None = None
        self.moving = threading.Event()
        self.moving.set()

    def sync_data(self, descriptor: int) -> None:
        self.moving.wait(PATIENCE)
        if self.failing is not None:
            raise OSError(self.failing, "as the test wants it")
        super().sync_data(descriptor)


@pytest.fixture
def disk() -> TroubledDisk:
    return TroubledDisk()


@pytest.fixture
def room(tmp_path: Path, disk: TroubledDisk) -> Room:
    def spool(root: Path, evidence: str, reserve: int) -> SpoolWriter:
        return SpoolWriter.create(root, evidence, reserve, disk=disk)

    return Room(tmp_path / "spool", open_spool=spool)


async def ended(room: Room) -> None:
    """The interruption has been dealt with: the part is sealed."""
    ending = room.interview._ending
    assert ending is not None
    async with asyncio.timeout(PATIENCE):
        await ending


def losses(room: Room) -> list[str]:
    return [one["code"] for one in describe(room.interview)["losses"]]


@pytest.mark.parametrize(("number", "reason"), [(errno.ENOSPC, "disk-full"), (errno.EIO, "write-failed")])
async def test_a_failed_disk_is_told_at_once_and_everything_before_it_is_sealed(
    room: Room, disk: TroubledDisk, number: int, reason: str
) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)
    safe = len(room.records())
    disk.failing = number
    wide.push()
    await room.writers[0].failed.wait()
    assert losses(room) == ["spool"], "told before anything else is done about it"
    disk.failing = None  # the reserve is given back, or the disk recovers
    room.interview.tick()
    await ended(room)

    assert room.interview.state == "interrupted"
    assert losses(room) == ["spool"]
    assert room.ledger.types == ["recording.started", "recording.interrupted", "recording.sealed"]
    assert room.ledger.body("recording.interrupted")["reason"] == reason
    assert room.ledger.body("recording.sealed")["records"] >= safe
    assert wide.sink is None, "the camera still makes media that nobody takes"


async def test_after_an_interruption_a_new_part_begins_with_the_cameras_that_are_still_there(
    room: Room, disk: TroubledDisk
) -> None:
    (wide,) = await room.begin("wide")
    disk.failing = errno.EIO
    wide.push()
    await room.writers[0].failed.wait()
    disk.failing = None
    room.interview.tick()
    await ended(room)
    room.ledger.leaves.clear()  # another part, another chain
    await room.interview.begin(room.ticket(2))
    await room.film(wide)
    assert room.interview.state == "recording"
    assert losses(room) == []
    assert describe(room.interview)["part"] == 2


async def test_a_disk_that_stands_still_is_told_as_not_yet_safe(
    room: Room, disk: TroubledDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recorder.interview.status.BEHIND_AFTER", 0.2)
    (wide,) = await room.begin("wide")
    await room.film(wide)
    disk.moving.clear()
    wide.push()
    await asyncio.sleep(0.3)
    assert losses(room) == ["lag"]
    disk.moving.set()
    await room.film(wide)
    assert losses(room) == []


async def test_what_did_not_fit_while_the_disk_stood_still_is_in_the_loss_map(
    tmp_path: Path, disk: TroubledDisk
) -> None:
    def spool(root: Path, evidence: str, reserve: int) -> SpoolWriter:
        return SpoolWriter.create(root, evidence, reserve, disk=disk)

    limits = RecordingLimits(reserve=1024 * 1024, max_waiting=10_000)
    room = Room(tmp_path / "spool", limits=limits, open_spool=spool)
    (wide,) = await room.begin("wide")
    await room.film(wide)
    disk.moving.clear()
    assert room.interview.part is not None
    async with asyncio.timeout(PATIENCE):
        while room.interview.part._missed.keys() != {1, 2}:
            wide.push(size=4000)
            await asyncio.sleep(0.01)
    disk.moving.set()
    await room.film(wide)

    lost = [one for one in events(room.writers[0]) if one["type"] == "loss"]
    assert {one["track"] for one in lost} == {1, 2}
    assert all(one["from"] < one["to"] for one in lost)
    media = [record for record in room.records() if record.kind == "media" and record.track == 1]
    missing = next(one for one in lost if one["track"] == 1)
    assert not [one for one in media if missing["from"] <= one.start < missing["to"] - 500_000]


async def test_a_ledger_that_is_away_does_not_stop_the_recording_and_is_said(tmp_path: Path) -> None:
    room = Room(tmp_path / "spool", limits=RecordingLimits(reserve=1024 * 1024, progress_seconds=0.05))
    (wide,) = await room.begin("wide")
    room.ledger.away = True
    while room.writers[0].statements_waiting < 2:
        await room.film(wide)
    assert losses(room) == []
    assert [one["code"] for one in describe(room.interview)["cautions"]] == ["ledger"]


async def test_a_seal_that_cannot_be_written_is_refused_aloud(room: Room, disk: TroubledDisk) -> None:
    (wide,) = await room.begin("wide")
    await room.film(wide)

    def broken(*_: Any) -> None:
        raise OSError(errno.EIO, "as the test wants it")

    disk.failing = errno.EIO
    disk.sync_directory = broken  # type: ignore[method-assign]
    with pytest.raises(InterviewRefused, match=r"spool\.failed"):
        await room.interview.stop("finished", "99" * 16)
    assert room.interview.state == "interrupted"
