"""The spool in bad days: full disks, failed fsyncs, killed writers. What was acknowledged is there."""

from __future__ import annotations

import errno
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.faulty_disk import DyingDisk, FaultyDisk
from vault.errors import DiskFull, ObjectExists, WriteFailed
from vault.spool.segments import encode_frame
from vault.spool.writer import Recovery, SpoolReader, SpoolWriter


def frame(number: int, size: int = 1000) -> tuple[bytes, bytes]:
    return b'{"index":%d}' % number, bytes([number % 256]) * size


def records(root: Path, evidence: str) -> list[bytes]:
    return [found.record for _, found in SpoolReader(root, evidence).frames()]


def expected(*numbers: int) -> list[bytes]:
    return [frame(number)[0] for number in numbers]


@pytest.mark.parametrize("lose", [False, True], ids=["but the bytes were kept", "and the bytes were lost"])
def test_after_a_failed_fsync_the_writer_goes_on_in_a_new_segment(
    tmp_path: Path, evidence: str, disk: FaultyDisk, lose: bool
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0), frame(1)])
    disk.fail("sync_data", lose=lose)
    with pytest.raises(WriteFailed, match="segment 1: EIO"):
        writer.append([frame(2)])
    assert records(tmp_path, evidence)[:2] == expected(0, 1)
    writer.open_next()
    assert writer.append([frame(2)])[0].segment == 2
    assert records(tmp_path, evidence) == expected(0, 1, 2)
    assert not (writer.folder / "000001.open").exists()


def test_a_follower_who_saw_a_frame_that_was_never_acknowledged_goes_on_behind_it(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.fail("sync_data")
    with pytest.raises(WriteFailed):
        writer.append([frame(1)])
    reader = SpoolReader(tmp_path, evidence)
    seen = list(reader.frames())
    assert [found.record for _, found in seen] == expected(0, 1)
    writer.open_next()
    writer.append([frame(2)])
    assert [found.record for _, found in reader.frames(seen[-1][0])] == expected(2)


def test_fsync_is_never_asked_again_about_a_file_it_failed_on(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.fail("sync_data")
    with pytest.raises(WriteFailed):
        writer.append([frame(1)])
    disk.calls.clear()
    for _ in range(2):
        with pytest.raises(WriteFailed, match="open_next comes first"):
            writer.append([frame(1)])
        with pytest.raises(WriteFailed, match="open_next comes first"):
            writer.roll()
    assert disk.calls == []
    writer.open_next()
    # The acknowledged frames go to a new file, which has its name durably before the old one is removed.
    copied = ["unlink", "create", "write", "sync", "rename", "sync_directory"]
    assert disk.calls == [*copied, "unlink", "sync_directory"]


def test_acknowledged_frames_that_cannot_be_read_back_are_not_passed_over(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    (first,) = writer.append([frame(0)])
    writer.append([frame(1)])
    disk.fail("sync_data")
    with pytest.raises(WriteFailed):
        writer.append([frame(2)])
    data = (writer.folder / "000001.open").read_bytes()
    (writer.folder / "000001.open").write_bytes(data[: first.end])
    with pytest.raises(WriteFailed, match="1023 acknowledged bytes cannot be read back"):
        writer.open_next()


def test_a_failure_at_the_first_frame_of_a_segment_leaves_no_gap_in_the_numbers(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    writer.roll()
    for operation in ("create", "write", "sync_data"):
        disk.fail(operation)
        with pytest.raises(WriteFailed, match="segment 2"):
            writer.append([frame(1)])
        writer.open_next()
    assert writer.append([frame(1)])[0].segment == 2
    assert records(tmp_path, evidence) == expected(0, 1)


def test_a_failed_rename_is_got_over_like_a_failed_write(tmp_path: Path, evidence: str, disk: FaultyDisk):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.fail("rename")
    with pytest.raises(WriteFailed):
        writer.roll()
    writer.open_next()
    writer.append([frame(1)])
    assert records(tmp_path, evidence) == expected(0, 1)


def test_a_folder_whose_names_do_not_become_durable_is_left_for_good(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.fail("sync_directory")
    with pytest.raises(WriteFailed):
        writer.roll()
    for attempt in (writer.roll, writer.open_next, lambda: writer.write_file("index", b"")):
        with pytest.raises(WriteFailed, match="begin a new part elsewhere"):
            attempt()
    writer.close()
    assert SpoolWriter.recover(tmp_path, evidence)[1].segments == 1
    assert records(tmp_path, evidence) == expected(0)


def test_the_lock_is_let_go_of_even_if_the_reserve_cannot_be_removed(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    disk.fail("unlink")
    with pytest.raises(WriteFailed, match="reserve"):
        writer.close()
    SpoolWriter.recover(tmp_path, evidence)[0].close()


def test_a_file_that_could_not_be_written_leaves_the_old_one(tmp_path: Path, evidence: str, disk: FaultyDisk):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.write_file("index", b"old")
    for operation, error in (("write", errno.ENOSPC), ("sync", errno.EIO), ("rename", errno.EIO)):
        disk.fail(operation, error)
        with pytest.raises(WriteFailed):
            writer.write_file("index", b"new")
        assert SpoolReader(tmp_path, evidence).file("index") == b"old"
    writer.write_file("index", b"new")
    assert SpoolReader(tmp_path, evidence).file("index") == b"new"


def test_a_short_write_is_a_full_disk_and_its_beginning_is_not_kept(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.short = 700
    with pytest.raises(DiskFull, match="segment 1: ENOSPC"):
        writer.append([frame(1), frame(2)])
    assert (writer.folder / "000001.open").stat().st_size == 1023 + 700
    writer.open_next()
    assert (writer.folder / "000001.segment").stat().st_size == 1023
    writer.append([frame(1), frame(2)])
    assert records(tmp_path, evidence) == expected(0, 1, 2)


@pytest.mark.starts
def test_a_really_full_disk_still_lets_a_recording_be_sealed(small_disk: Path, evidence: str):
    writer = SpoolWriter.create(small_disk, evidence, 1024 * 1024)
    acknowledged = 0
    with pytest.raises(DiskFull):
        for number in range(1000):
            writer.append([frame(number, 60_000)])
            acknowledged += 1
    assert 5 < acknowledged < 20
    with pytest.raises(DiskFull):
        writer.open_next()
    with pytest.raises(DiskFull):
        writer.write_file("index", bytes(50_000))
    writer.release_reserve()
    writer.open_next()
    writer.append([(b'{"stopped":"disk full"}', b"")])
    writer.roll()
    writer.write_file("index", bytes(50_000))
    writer.write_file("manifest", b"{}")
    writer.close()
    found = records(small_disk, evidence)
    assert found == [*expected(*range(acknowledged)), b'{"stopped":"disk full"}']


@pytest.mark.starts
def test_on_a_full_disk_recovery_takes_the_reserve_of_the_writer_that_is_gone(
    small_disk: Path, evidence: str
):
    writer = SpoolWriter.create(small_disk, evidence, 1024 * 1024)
    acknowledged = 0
    with pytest.raises(DiskFull):
        for number in range(1000):
            writer.append([frame(number, 60_000)])
            acknowledged += 1
    abandon(writer)
    recovered, recovery = SpoolWriter.recover(small_disk, evidence)
    assert recovery.frames == acknowledged
    recovered.write_file("manifest", b"{}")
    recovered.close()


def abandon(writer: SpoolWriter) -> None:
    """What the end of its process would do: the lock goes, everything else stays."""
    reserve = writer.folder / "reserve"
    kept = reserve.read_bytes() if reserve.exists() else b""
    writer.close()
    if kept:
        reserve.write_bytes(kept)


@pytest.mark.parametrize("cut", [1, 11, 12, 13, 700, 1022, 1023])
def test_recovery_cuts_the_torn_tail_and_says_how_much(tmp_path: Path, evidence: str, cut: int):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    writer.append([frame(0)])
    writer.roll()
    writer.append([frame(1), frame(2)])
    abandon(writer)
    whole = (writer.folder / "000002.open").read_bytes()
    (writer.folder / "000002.open").write_bytes(whole[: len(whole) - cut])
    recovered, recovery = SpoolWriter.recover(tmp_path, evidence)
    assert recovery == Recovery(segments=2, frames=1, cut=1023 - cut)
    assert records(tmp_path, evidence) == expected(0, 1)
    assert recovered.append([frame(2)])[0].segment == 3
    torn = writer.folder / "000002.torn"
    assert torn.exists() == (cut < 1023)
    if cut < 1023:
        assert torn.read_bytes() == whole[: len(whole) - cut]


def test_recovery_of_an_untorn_or_empty_segment(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    abandon(writer)
    recovered, recovery = SpoolWriter.recover(tmp_path, evidence)
    assert recovery == Recovery(segments=0, frames=0, cut=0)
    recovered.append([frame(0)])
    abandon(recovered)
    again, recovery = SpoolWriter.recover(tmp_path, evidence)
    assert recovery == Recovery(segments=1, frames=1, cut=0)
    again.close()
    assert SpoolWriter.recover(tmp_path, evidence)[1] == Recovery(segments=1, frames=0, cut=0)


@pytest.mark.parametrize("operations", range(12))
def test_a_recovery_that_dies_at_any_step_can_be_done_again(tmp_path: Path, evidence: str, operations: int):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    writer.append([frame(0), frame(1)])
    abandon(writer)
    with (writer.folder / "000001.open").open("ab") as file:
        file.write(encode_frame(*frame(2))[:-5])
    try:
        SpoolWriter.recover(tmp_path, evidence, disk=DyingDisk(operations))[0].close()
    except DyingDisk.Died:
        release_locks(writer.folder)
    assert records(tmp_path, evidence) == expected(0, 1)
    recovered, recovery = SpoolWriter.recover(tmp_path, evidence)
    assert recovery.segments == 1
    assert records(tmp_path, evidence) == expected(0, 1)
    assert not list(writer.folder.glob("*.new"))
    assert recovered.append([frame(2)])[0].segment == 2


def release_locks(folder: Path) -> None:
    # The lock of the recovery that "died" is still held by this process: a new lock file stands for its end.
    (folder / "lock").unlink()


WRITER = """
import sys
from pathlib import Path
from vault.spool.writer import SpoolLimits, SpoolWriter
writer = SpoolWriter.create(Path(sys.argv[1]), sys.argv[2], 0, limits=SpoolLimits(segment_bytes=3_000_000))
for number in range(1_000_000):
    batch = [(b'{"index":%d}' % (2 * number + i), bytes([number % 256]) * 200_000) for i in range(2)]
    writer.append(batch)
    print(2 * number + 1, flush=True)
"""


@pytest.mark.faults
@pytest.mark.starts
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path):
    chance = random.Random(20_26)
    cuts = 0
    for attempt in range(10):
        evidence = f"{attempt:032x}"
        command = [sys.executable, "-c", WRITER, str(tmp_path), evidence]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            acknowledged = [int(child.stdout.readline())]  # it has begun
            time.sleep(chance.uniform(0.0, 0.25))
            child.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in child.stdout.read().split("\n")[:-1]]
        _, recovery = SpoolWriter.recover(tmp_path, evidence)
        cuts += recovery.cut > 0
        found = list(SpoolReader(tmp_path, evidence).frames())
        assert len(found) >= acknowledged[-1] + 1
        assert len(found) <= acknowledged[-1] + 3  # at most the one batch under way
        for index, (_, kept) in enumerate(found):
            assert kept.record == b'{"index":%d}' % index
            assert kept.message == bytes([index // 2 % 256]) * 200_000


@pytest.mark.starts
def test_a_writer_that_is_killed_lets_go_of_its_lock_and_its_number(tmp_path: Path, evidence: str):
    command = [sys.executable, "-c", WRITER, str(tmp_path), evidence]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    with pytest.raises(ObjectExists):
        SpoolWriter.create(tmp_path, evidence, 0)
    SpoolWriter.recover(tmp_path, evidence)[0].close()
