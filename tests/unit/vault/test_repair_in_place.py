"""Putting the right bytes in the place of damaged ones, in a store in a folder: whatever fails, whenever."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.support.faulty_disk import DyingDisk, FaultyDisk
from vault.disk import Disk
from vault.errors import DiskFull, ObjectExists, ObjectMissing, StoreUnavailable, WriteFailed
from vault.stores.filesystem import FilesystemStore

KEY = "recordings/a/segments/000001"


def damaged_store(folder: Path, disk: Disk | None = None) -> FilesystemStore:
    store = FilesystemStore.create(folder / "copy", disk or Disk())
    store.put(KEY, b"the right bytes")
    path = folder / "copy" / "objects" / KEY
    path.chmod(0o600)
    path.write_bytes(b"the wrong bytes")
    return store


def aside(folder: Path) -> list[bytes]:
    """What lies in `damaged`, by name."""
    kept = (folder / "copy" / "damaged").rglob("*")
    return [path.read_bytes() for path in sorted(kept) if path.is_file()]


def test_the_damaged_object_is_kept_aside_and_the_right_one_is_read_from_then_on(tmp_path: Path):
    store = damaged_store(tmp_path)
    put = store.replace_damaged(KEY, b"the right bytes")
    assert store.get(KEY) == b"the right bytes"
    assert store.head(KEY) == put
    assert store.put(KEY, b"the right bytes") == put
    assert aside(tmp_path) == [b"the wrong bytes"]
    assert list(store.list("")) == [KEY]
    assert (tmp_path / "copy" / "objects" / KEY).stat().st_mode & 0o777 == 0o400
    assert list((tmp_path / "copy" / "incoming").iterdir()) == []


def test_what_is_right_already_is_not_touched(tmp_path: Path, disk: FaultyDisk):
    store = FilesystemStore.create(tmp_path / "copy", disk)
    store.put(KEY, b"x")
    disk.calls.clear()
    store.replace_damaged(KEY, b"x")
    assert disk.calls == ["sync_directory"] * 4
    assert aside(tmp_path) == []


def test_what_is_missing_is_put_there(tmp_path: Path):
    store = FilesystemStore.create(tmp_path / "copy")
    store.replace_damaged(KEY, b"x")
    assert store.get(KEY) == b"x"
    assert aside(tmp_path) == []


def test_what_was_damaged_twice_is_kept_twice(tmp_path: Path):
    store = damaged_store(tmp_path)
    store.replace_damaged(KEY, b"the right bytes")
    path = tmp_path / "copy" / "objects" / KEY
    path.chmod(0o600)
    path.write_bytes(b"wrong again")
    store.replace_damaged(KEY, b"the right bytes")
    assert sorted(aside(tmp_path)) == [b"the wrong bytes", b"wrong again"]


def test_a_folder_in_the_place_of_an_object_goes_aside_as_a_whole(tmp_path: Path):
    store = FilesystemStore.create(tmp_path / "copy")
    store.put(f"{KEY}/inside", b"what does it do here")
    with pytest.raises(ObjectMissing):
        store.get(KEY)
    store.replace_damaged(KEY, b"x")
    assert store.get(KEY) == b"x"
    assert aside(tmp_path) == [b"what does it do here"]


def test_an_object_in_the_place_of_a_folder_is_not_replaced(tmp_path: Path):
    store = FilesystemStore.create(tmp_path / "copy")
    store.put("recordings/a", b"an object")
    with pytest.raises(ObjectExists):
        store.replace_damaged(KEY, b"x")
    assert store.get("recordings/a") == b"an object"


def test_everything_is_synced_before_the_right_bytes_take_the_place_and_after(
    tmp_path: Path, disk: FaultyDisk
):
    store = damaged_store(tmp_path, disk)
    disk.calls.clear()
    store.replace_damaged(KEY, b"the right bytes")
    written, kept, named = ["unlink", "create", "write", "sync"], ["link"], ["rename", "unlink"]
    folders = ["sync_directory"]
    # `damaged/recordings/a/segments/000001` and up to the store itself, then the object's own folders.
    assert disk.calls == [*written, *kept, *folders * 6, *named, *folders * 4]


@pytest.mark.parametrize("operations", range(18))
def test_a_repair_that_is_killed_at_any_step_leaves_one_or_the_other_and_can_be_done_again(
    tmp_path: Path, operations: int
):
    damaged_store(tmp_path)
    dying = FilesystemStore(tmp_path / "copy", DyingDisk(operations))
    died = False
    try:
        dying.replace_damaged(KEY, b"the right bytes")
    except DyingDisk.Died:
        died = True
    assert died == (operations < 17)
    store = FilesystemStore(tmp_path / "copy")
    assert store.get(KEY) in (b"the wrong bytes", b"the right bytes")
    # Nothing of what was damaged is ever only a memory.
    assert store.get(KEY) == b"the wrong bytes" or aside(tmp_path) == [b"the wrong bytes"]
    store.replace_damaged(KEY, b"the right bytes")
    assert store.get(KEY) == b"the right bytes"
    assert aside(tmp_path) == [b"the wrong bytes"]
    assert list(store.list("")) == [KEY]


@pytest.mark.parametrize(
    ("operation", "error", "raised"),
    [
        ("create", errno.ENOSPC, DiskFull),
        ("write", errno.ENOSPC, DiskFull),
        ("sync", errno.EIO, WriteFailed),
        ("link", errno.ENOSPC, DiskFull),
        ("rename", errno.EIO, WriteFailed),
        ("sync_directory", errno.EIO, WriteFailed),
        ("create", errno.EROFS, StoreUnavailable),
    ],
)
def test_a_repair_that_fails_says_why_and_leaves_nothing_behind(
    tmp_path: Path, disk: FaultyDisk, operation: str, error: int, raised: type[Exception]
):
    store = damaged_store(tmp_path, disk)
    disk.fail(operation, error)
    with pytest.raises(raised) as failed:
        store.replace_damaged(KEY, b"the right bytes")
    assert type(failed.value) is raised
    assert list((tmp_path / "copy" / "incoming").iterdir()) == []
    store.replace_damaged(KEY, b"the right bytes")
    assert (store.get(KEY), aside(tmp_path)) == (b"the right bytes", [b"the wrong bytes"])


@pytest.mark.starts
def test_on_a_really_full_disk_the_damaged_object_stays_until_there_is_room(small_disk: Path):
    store = damaged_store(small_disk)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(b"\0" * (4 << 20))
    with pytest.raises(DiskFull):
        store.replace_damaged(KEY, b"the right bytes" * 10_000)
    assert store.get(KEY) == b"the wrong bytes"
    ballast.unlink()
    store.replace_damaged(KEY, b"the right bytes")
    assert store.get(KEY) == b"the right bytes"


def test_a_store_that_is_not_mounted_is_not_repaired(tmp_path: Path):
    with pytest.raises(StoreUnavailable):
        FilesystemStore(tmp_path / "nothing").replace_damaged(KEY, b"x")
    assert not (tmp_path / "nothing").exists()
