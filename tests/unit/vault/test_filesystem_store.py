"""The store in a folder: whole or not at all, and durable. What every store promises: tests/s3."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.faulty_disk import DyingDisk, FaultyDisk
from vault.errors import (
    Altered,
    DiskFull,
    InvalidObjectKey,
    ObjectExists,
    ObjectMissing,
    StoreUnavailable,
    WriteFailed,
)
from vault.stores import filesystem
from vault.stores.base import check_key
from vault.stores.filesystem import FilesystemStore


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore.create(tmp_path / "copy")


def test_of_many_at_once_one_wins_and_the_others_are_told(store: FilesystemStore):
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def put(number: int) -> None:
        start.wait()
        try:
            store.put("contested", b"%d" % number)
            outcomes.append(f"kept {number}")
        except ObjectExists:
            outcomes.append("refused")

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [outcome for outcome in outcomes if outcome != "refused"]
    assert (len(outcomes), len(kept)) == (8, 1)
    assert store.get("contested").decode() == kept[0].removeprefix("kept ")


def test_what_another_process_finishes_meanwhile_stops_no_put(
    store: FilesystemStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    incoming = tmp_path / "copy" / "incoming"
    for number in range(2):
        (incoming / f"{number}").write_bytes(b"of another process")

    def others_finish() -> float:
        for path in incoming.iterdir():
            path.unlink()
        return 0.0

    # It is read between one file and the next.
    monkeypatch.setattr(filesystem, "time", SimpleNamespace(time=others_finish))
    store.put("a", b"x")
    assert store.get("a") == b"x"


def test_objects_cannot_be_written_to_and_nothing_is_left_behind(store: FilesystemStore, tmp_path: Path):
    store.put("a/b", b"x")
    path = tmp_path / "copy" / "objects" / "a" / "b"
    assert path.stat().st_mode & 0o777 == 0o400
    assert path.stat().st_nlink == 1
    assert list((tmp_path / "copy" / "incoming").iterdir()) == []


def test_every_folder_up_to_the_top_is_synced(tmp_path: Path, disk: FaultyDisk):
    store = FilesystemStore.create(tmp_path / "copy", disk)
    disk.calls.clear()
    store.put("recordings/a/wrap", b"x")
    assert disk.calls == ["unlink", "create", "write", "sync", "link", "unlink", *["sync_directory"] * 3]
    disk.calls.clear()
    store.put("recordings/a/wrap", b"x")
    assert disk.calls == ["sync_directory"] * 3


@pytest.mark.parametrize(
    ("operation", "error", "raised"),
    [
        ("create", errno.ENOSPC, DiskFull),
        ("write", errno.ENOSPC, DiskFull),
        ("write", errno.EDQUOT, DiskFull),
        ("write", errno.EIO, WriteFailed),
        ("sync", errno.EIO, WriteFailed),
        ("link", errno.EIO, WriteFailed),
        ("sync_directory", errno.EIO, WriteFailed),
        ("create", errno.EROFS, StoreUnavailable),
        ("write", errno.ESTALE, StoreUnavailable),
        ("create", errno.EACCES, StoreUnavailable),
    ],
)
def test_a_failed_put_says_why_and_can_be_repeated(
    tmp_path: Path, disk: FaultyDisk, operation: str, error: int, raised: type[Exception]
):
    store = FilesystemStore.create(tmp_path / "copy", disk)
    disk.fail(operation, error)
    with pytest.raises(raised) as failed:
        store.put("a/b", b"x")
    assert type(failed.value) is raised
    assert list((tmp_path / "copy" / "incoming").iterdir()) == []
    assert store.put("a/b", b"x") == store.head("a/b")


@pytest.mark.parametrize("operations", range(9))
def test_a_put_that_dies_at_any_step_leaves_all_or_nothing_and_can_be_done_again(
    tmp_path: Path, operations: int
):
    FilesystemStore.create(tmp_path / "copy")
    dying = FilesystemStore(tmp_path / "copy", DyingDisk(operations))
    with contextlib.suppress(DyingDisk.Died):
        dying.put("a/b/c", b"whole")
    again = FilesystemStore(tmp_path / "copy")
    for key in again.list(""):
        assert (key, again.get(key)) == ("a/b/c", b"whole")
    assert again.put("a/b/c", b"whole").size == 5
    with pytest.raises(ObjectExists):
        again.put("a/b/c", b"other")


def test_a_short_write_leaves_no_object(tmp_path: Path, disk: FaultyDisk):
    store = FilesystemStore.create(tmp_path / "copy", disk)
    disk.short = 3
    with pytest.raises(DiskFull):
        store.put("a/b", b"0123456789")
    with pytest.raises(ObjectMissing):
        store.head("a/b")


@pytest.mark.starts
def test_a_really_full_disk_leaves_no_object(small_disk: Path):
    store = FilesystemStore.create(small_disk)
    store.put("first", bytes(1_500_000))
    with pytest.raises(DiskFull):
        store.put("second", bytes(1_500_000))
    assert list(store.list("")) == ["first"]
    store.put("third", bytes(100_000))


def test_what_a_dead_process_left_in_incoming_is_removed_but_not_what_a_living_one_writes(
    store: FilesystemStore, tmp_path: Path
):
    incoming = tmp_path / "copy" / "incoming"
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    yesterday = time.time() - 86400
    os.utime(incoming / "old", (yesterday, yesterday))
    store.put("a", b"x")
    assert [path.name for path in incoming.iterdir()] == ["new"]


def test_a_folder_that_is_no_store_is_unavailable_and_stays_empty(tmp_path: Path):
    mount = tmp_path / "unmounted"
    mount.mkdir()
    store = FilesystemStore(mount)
    for attempt in (
        lambda: store.put("a", b"x"),
        lambda: store.get("a"),
        lambda: store.head("a"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(StoreUnavailable, match="not mounted, or never made"):
            attempt()
    assert list(mount.iterdir()) == []


def test_making_a_store_twice_keeps_it(tmp_path: Path):
    FilesystemStore.create(tmp_path / "copy").put("a", b"x")
    marker = (tmp_path / "copy" / "store.json").read_bytes()
    assert FilesystemStore.create(tmp_path / "copy").get("a") == b"x"
    assert (tmp_path / "copy" / "store.json").read_bytes() == marker


def test_a_file_system_without_hard_links_cannot_be_a_store(tmp_path: Path, disk: FaultyDisk):
    disk.fail("link", errno.EPERM)
    with pytest.raises(WriteFailed, match="copy cannot be a store: EPERM"):
        FilesystemStore.create(tmp_path / "copy", disk)
    with pytest.raises(StoreUnavailable):
        FilesystemStore(tmp_path / "copy").put("a", b"x")


def test_a_key_cannot_be_object_and_folder_at_once(store: FilesystemStore):
    store.put("a/b", b"x")
    with pytest.raises(ObjectExists):
        store.put("a", b"x")
    with pytest.raises(ObjectExists):
        store.put("a/b/c", b"x")


def test_other_bytes_than_the_version_asked_for_are_noticed(store: FilesystemStore, tmp_path: Path):
    put = store.put("a", b"right")
    path = tmp_path / "copy" / "objects" / "a"
    path.chmod(0o600)
    path.write_bytes(b"wrong")
    with pytest.raises(Altered):
        store.get("a", put.version)
    assert store.head("a").sha256 == hashlib.sha256(b"wrong").hexdigest()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        "a//b",
        "a/",
        "A",
        "a b",
        "a\n",
        "a\x00",
        "حصان",
        ".hidden",
        "-option",
        "a\\b",
        "a" * 129,
        "/".join("a" * 17),
    ],
)
def test_odd_keys_are_refused(store: FilesystemStore, key: str):
    for attempt in (lambda: store.put(key, b"x"), lambda: store.get(key), lambda: store.head(key)):
        with pytest.raises(InvalidObjectKey):
            attempt()


@given(key=st.text(alphabet="ab./-_ \x00A", max_size=12))
def test_a_key_that_is_accepted_stays_below_the_root(key: str):
    try:
        check_key(key)
    except InvalidObjectKey:
        return
    assert os.path.normpath(f"/root/{key}") == f"/root/{key}"
