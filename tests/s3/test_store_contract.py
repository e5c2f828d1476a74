"""What every store promises, asked of both kinds alike: a folder, and a bucket of a real server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.servers.object_server import ObjectServer
from vault.errors import InvalidObjectKey, ObjectExists, ObjectMissing, StoreUnavailable
from vault.stores.base import Store
from vault.stores.bucket_address import Bucket
from vault.stores.filesystem import FilesystemStore
from vault.stores.object_lock import LockingStore
from vault.stores.s3 import S3Store

KEY = "recordings/a/segments/000001"


@pytest.fixture(params=["folder", "bucket", "bucket without locks"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FilesystemStore.create(tmp_path / "copy")
    server: ObjectServer = request.getfixturevalue("server")
    return S3Store(server.new_bucket(locks=request.param == "bucket"))


def test_what_is_put_can_be_had_and_looked_at(store: Store) -> None:
    put = store.put(KEY, b"segment")
    assert (put.key, put.size, put.sha256) == (KEY, 7, hashlib.sha256(b"segment").hexdigest())
    assert store.head(KEY) == put
    assert store.get(KEY) == store.get(KEY, put.version) == b"segment"


@pytest.mark.parametrize(
    ("start", "length", "part"),
    [
        (2, 3, b"gme"),
        (0, 3, b"seg"),
        (5, None, b"nt"),
        (5, 100, b"nt"),
        (0, 0, b""),
        (3, 0, b""),
        (7, None, b""),
        (7, 1, b""),
        (900, 5, b""),
    ],
)
def test_a_part_is_what_lies_there(store: Store, start: int, length: int | None, part: bytes) -> None:
    put = store.put(KEY, b"segment")
    assert store.get(KEY, start=start, length=length) == part
    assert store.get(KEY, put.version, start, length) == part


def test_a_range_is_not_negative(store: Store) -> None:
    store.put(KEY, b"x")
    for start, length in ((-1, None), (0, -1)):
        with pytest.raises(ValueError, match="a range"):
            store.get(KEY, start=start, length=length)


def test_an_object_is_written_once(store: Store) -> None:
    first = store.put("manifest", b"one")
    assert store.put("manifest", b"one") == first
    for other in (b"two", b"", b"one more"):
        with pytest.raises(ObjectExists, match="manifest holds other bytes"):
            store.put("manifest", other)
    assert store.get("manifest") == b"one"


@pytest.mark.parametrize("size", [0, 1, 5 * 1024 * 1024 + 1])
def test_any_size_is_kept(store: Store, size: int) -> None:
    data = hashlib.shake_128(b"any").digest(size)
    assert store.put("sized", data).size == size
    assert store.get("sized") == data


def test_what_is_not_there_is_missing(store: Store) -> None:
    there = store.put("a/b", b"x")
    for key in ("c", "a", "a/b/c", "a/bb"):
        with pytest.raises(ObjectMissing):
            store.head(key)
        for start, length in ((0, None), (0, 0), (1, 2)):
            with pytest.raises(ObjectMissing):
                store.get(key, start=start, length=length)
    assert store.head("a/b") == there


@pytest.mark.parametrize(
    "key", ["", "/", "/etc/passwd", "..", "a/../b", "a//b", "a/", "A", "a b", "_amana/trial", "حصان"]
)
def test_odd_keys_are_refused(store: Store, key: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: store.put(key, b"x"),
        lambda: store.get(key),
        lambda: store.head(key),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidObjectKey):
            attempt()


def test_keys_are_listed_in_order_with_their_sizes_from_any_prefix(store: Store) -> None:
    keys = ["a", "b-c", "b/a", "b/b/1", "b/b/2", "b/bb", "b.c", "c"]
    for key in keys:
        store.put(key, key.encode())
    for prefix in ("", "a", "b", "b/", "b/b", "b/b/", "b/b/2", "nothing", "b/nothing/"):
        found = sorted(key for key in keys if key.startswith(prefix))
        assert list(store.list(prefix)) == found, prefix
        assert list(store.sizes(prefix)) == [(key, len(key)) for key in found], prefix
    with pytest.raises(InvalidObjectKey):
        list(store.list("../"))


def test_a_store_that_is_not_there_is_unavailable(tmp_path: Path, server: ObjectServer) -> None:
    (tmp_path / "unmounted").mkdir()
    nowhere = Bucket.parse(f"http://127.0.0.1:{server.ceph.port}/nowhere", server.credentials(server.first))
    for store in (FilesystemStore(tmp_path / "unmounted"), S3Store(nowhere)):
        attempts: list[Callable[[], object]] = [
            lambda store=store: store.put(KEY, b"x"),
            lambda store=store: store.get(KEY),
            lambda store=store: store.head(KEY),
            lambda store=store: list(store.list("")),
        ]
        for attempt in attempts:
            with pytest.raises(StoreUnavailable, match=r"not mounted, or never made|no such bucket"):
                attempt()


def test_a_folder_does_not_pass_for_a_store_that_locks(tmp_path: Path, bucket: Bucket) -> None:
    assert not isinstance(FilesystemStore(tmp_path), LockingStore)
    assert isinstance(S3Store(bucket), LockingStore)
