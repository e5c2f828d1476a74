"""The spool in good days: durable, in order, one writer, readable while it is written."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.faulty_disk import FaultyDisk
from tests.support.patience import PATIENCE
from vault.errors import Altered, DiskFull, ObjectExists, ObjectMissing, SpoolInUse, WriteFailed
from vault.spool.segments import encode_frame
from vault.spool.writer import SpoolLimits, SpoolReader, SpoolWriter, evidence_in

KIB = 1024


def frame(number: int, size: int = 100) -> tuple[bytes, bytes]:
    return b'{"index":%d}' % number, bytes([number % 256]) * size


def records(root: Path, evidence: str) -> list[bytes]:
    return [found.record for _, found in SpoolReader(root, evidence).frames()]


class Clock:
    """Seconds, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_appended_is_read_back_in_order_from_where_it_is_said_to_be(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    positions = [
        *writer.append([frame(0), frame(1)]),
        *writer.append([frame(2, 50_000)]),
    ]
    reader = SpoolReader(tmp_path, evidence)
    assert [position for position, _ in reader.frames()] == positions
    assert [reader.read(position).message for position in positions] == [
        frame(0)[1],
        frame(1)[1],
        b"\x02" * 50_000,
    ]
    whole = (writer.folder / "000001.open").read_bytes()
    assert whole == b"".join(encode_frame(*frame(n, size)) for n, size in ((0, 100), (1, 100), (2, 50_000)))


def test_a_batch_is_one_write_and_one_fdatasync(tmp_path: Path, evidence: str, disk: FaultyDisk):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    writer.append([frame(0)])
    disk.calls.clear()
    writer.append([frame(1), frame(2), frame(3)])
    assert disk.calls == ["write", "sync_data"]


def test_a_new_segment_has_its_name_synced_before_its_first_frame_is_acknowledged(
    tmp_path: Path, evidence: str, disk: FaultyDisk
):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    disk.calls.clear()
    writer.append([frame(0)])
    assert disk.calls == ["create", "sync_directory", "write", "sync_data"]
    disk.calls.clear()
    writer.roll()
    assert disk.calls == ["rename", "sync_directory"]


def test_a_segment_ends_ten_seconds_after_its_first_frame(tmp_path: Path, evidence: str):
    clock = Clock()
    writer = SpoolWriter.create(tmp_path, evidence, 0, clock=clock)
    segments = []
    for number in range(25):
        segments.append(writer.append([frame(number)])[0].segment)
        clock.now += 1.0
    assert segments == [1] * 10 + [2] * 10 + [3] * 5


def test_a_segment_that_nothing_is_added_to_is_known_to_be_due(tmp_path: Path, evidence: str):
    clock = Clock()
    writer = SpoolWriter.create(tmp_path, evidence, 0, clock=clock)
    assert not writer.roll_is_due()
    writer.append([frame(0)])
    clock.now += 9.9
    assert not writer.roll_is_due()
    clock.now += 0.1
    assert writer.roll_is_due()
    writer.roll()
    assert not writer.roll_is_due()
    assert SpoolReader(tmp_path, evidence).closed_segments() == [1]


def test_a_segment_ends_before_it_grows_too_large(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0, limits=SpoolLimits(segment_bytes=100 * KIB))
    segments = [writer.append([frame(n, 40 * KIB)])[0].segment for n in range(5)]
    assert segments == [1, 1, 2, 2, 3]
    assert writer.append([frame(5, 300 * KIB)])[0].segment == 4
    assert records(tmp_path, evidence) == [frame(n)[0] for n in range(6)]


def test_files_are_replaced_whole(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    writer.write_file("part.json", b"old, and longer")
    writer.write_file("part.json", b"new")
    writer.write_file("pending/000002.statement", b"second")
    writer.write_file("pending/000001.statement", b"first")
    reader = SpoolReader(tmp_path, evidence)
    assert reader.file("part.json") == b"new"
    assert reader.pending() == ["pending/000001.statement", "pending/000002.statement"]
    writer.remove_file("pending/000001.statement")
    assert reader.pending() == ["pending/000002.statement"]
    assert not reader.sealed
    writer.write_file("manifest", b"{}")
    assert reader.sealed
    with pytest.raises(ObjectMissing):
        reader.file("index")


def test_a_file_is_durable_under_its_name_once_it_is_written(tmp_path: Path, evidence: str, disk: FaultyDisk):
    writer = SpoolWriter.create(tmp_path, evidence, 0, disk=disk)
    disk.calls.clear()
    writer.write_file("index", b"whole")
    assert disk.calls == ["unlink", "create", "write", "sync", "rename", "sync_directory"]


@pytest.mark.parametrize(
    "name", ["../escape", "/etc/passwd", "lock", "reserve", "000001.segment", "", "a/b.json"]
)
def test_only_the_files_of_a_spool_can_be_written(tmp_path: Path, evidence: str, name: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    with pytest.raises(ValueError, match="not a file of a spool"):
        writer.write_file(name, b"")


def test_there_is_one_writer_at_a_time(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    with pytest.raises(ObjectExists):
        SpoolWriter.create(tmp_path, evidence, 0)
    with pytest.raises(SpoolInUse):
        SpoolWriter.recover(tmp_path, evidence)
    writer.close()
    SpoolWriter.recover(tmp_path, evidence)[0].close()
    with pytest.raises(WriteFailed, match="closed"):
        writer.append([frame(0)])


def test_closing_twice_is_no_error_and_gives_the_reserve_back(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 1024 * KIB)
    reserve = writer.folder / "reserve"
    assert reserve.stat().st_blocks * 512 >= 1024 * KIB
    writer.close()
    writer.close()
    assert not reserve.exists()


def test_threads_take_turns(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0, limits=SpoolLimits(segment_bytes=20 * KIB))

    def write(track: int) -> None:
        for number in range(20):
            writer.append([(b"%d/%d" % (track, number), bytes(1000))])

    threads = [threading.Thread(target=write, args=(track,)) for track in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = records(tmp_path, evidence)
    assert sorted(found) == sorted(b"%d/%d" % (track, number) for track in range(4) for number in range(20))
    for track in range(4):
        own = [record for record in found if record.startswith(b"%d/" % track)]
        assert own == [b"%d/%d" % (track, number) for number in range(20)]


FOLLOWER = """
import sys, time
from pathlib import Path
from vault.spool.writer import SpoolReader
reader, after, wanted = SpoolReader(Path(sys.argv[1]), sys.argv[2]), None, int(sys.argv[3])
seen = 0
deadline = time.monotonic() + float(sys.argv[4])
while seen < wanted and time.monotonic() < deadline:
    for after, frame in reader.frames(after):
        assert frame.record == b'{"index":%d}' % seen, (frame.record, seen)
        assert frame.message == bytes([seen % 256]) * 20_000
        seen += 1
    time.sleep(0.002)
print(seen)
"""


@pytest.mark.starts
def test_another_process_follows_the_writer_over_all_its_segments(tmp_path: Path, evidence: str):
    limits = SpoolLimits(segment_bytes=100_000)
    writer = SpoolWriter.create(tmp_path, evidence, 0, limits=limits)
    command = [sys.executable, "-c", FOLLOWER, str(tmp_path), evidence, "200", str(PATIENCE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        for number in range(200):
            writer.append([frame(number, 20_000)])
        assert follower.communicate()[0].strip() == "200"
    assert len(SpoolReader(tmp_path, evidence).closed_segments()) > 30


def test_a_reader_that_is_overtaken_by_a_roll_goes_on_into_the_next_segment(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    writer.append([frame(0)])
    reading = SpoolReader(tmp_path, evidence).frames()
    assert next(reading)[1].record == frame(0)[0]
    writer.append([frame(1)])
    writer.roll()
    writer.append([frame(2)])
    assert [found.record for _, found in reading] == [frame(1)[0], frame(2)[0]]


def test_a_reader_sees_nothing_of_a_frame_that_is_half_written(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    (position,) = writer.append([frame(0)])
    half = encode_frame(*frame(1))[:-1]
    with (writer.folder / "000001.open").open("ab") as file:
        file.write(half)
    reader = SpoolReader(tmp_path, evidence)
    assert len(list(reader.frames())) == 1
    with (writer.folder / "000001.open").open("ab") as file:
        file.write(encode_frame(*frame(1))[-1:])
    assert [found.record for _, found in reader.frames(position)] == [frame(1)[0]]


def test_damage_in_a_closed_segment_is_no_end_of_the_recording(tmp_path: Path, evidence: str):
    writer = SpoolWriter.create(tmp_path, evidence, 0)
    positions = writer.append([frame(0), frame(1), frame(2)])
    writer.roll()
    path = writer.folder / "000001.segment"
    data = bytearray(path.read_bytes())
    data[positions[1].offset + 20] ^= 1
    path.write_bytes(data)
    reader = SpoolReader(tmp_path, evidence)
    with pytest.raises(Altered, match=f"segment 1 is damaged at byte {positions[1].offset}"):
        list(reader.frames())
    with pytest.raises(Altered):
        reader.read(positions[1])
    assert reader.read(positions[2]).record == frame(2)[0]


def test_a_spool_that_is_not_there_is_missing(tmp_path: Path, evidence: str):
    with pytest.raises(ObjectMissing):
        SpoolWriter.recover(tmp_path, evidence)
    assert list(SpoolReader(tmp_path, evidence).frames()) == []
    assert evidence_in(tmp_path / "nowhere") == []


def test_evidence_is_listed_by_its_folders(tmp_path: Path, evidence: str):
    SpoolWriter.create(tmp_path, evidence, 0)
    (tmp_path / "lost+found").mkdir()
    assert evidence_in(tmp_path) == [evidence]


def test_without_room_for_the_reserve_nothing_is_begun(tmp_path: Path, evidence: str, disk: FaultyDisk):
    disk.fail("allocate", errno.ENOSPC)
    with pytest.raises(DiskFull):
        SpoolWriter.create(tmp_path, evidence, 1024 * KIB, disk=disk)
    assert list(tmp_path.iterdir()) == []
    SpoolWriter.create(tmp_path, evidence, 1024 * KIB, disk=disk)
