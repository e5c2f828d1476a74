"""A bucket with Object Lock: what was written stays, whoever has the credentials."""

from __future__ import annotations

import hashlib
import io
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.retention import COMPLIANCE, Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig

from tests.support.servers.ceph import LISTED
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.errors import Altered, LockMissing, NotWriteOnce, ObjectExists, ObjectMissing, WriteFailed
from vault.stores.base import ObjectVersion
from vault.stores.bucket_address import Bucket
from vault.stores.object_lock import Walk, renew_all
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection
from vault.stores.s3_probe import SIZE, TRIAL_KEY

KEY = "recordings/a/segments/000001"


@pytest.fixture
def store(bucket: Bucket) -> S3Store:
    return S3Store(bucket)


def behind(proxy: FaultProxy, bucket: Bucket) -> S3Store:
    return S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}"))


def versions(server: ObjectServer, bucket: Bucket, key: str) -> list[str]:
    """Version ids of a key, delete markers left out."""
    found = server.client().list_objects(bucket.name, key, include_version=True)
    return [str(one.version_id) for one in found if not one.is_delete_marker]


def lock_of(bucket: Bucket, key: str, version: str) -> datetime:
    until = Connection(bucket).head(key, version).until
    assert until is not None
    return until


def test_what_is_written_can_neither_be_deleted_nor_freed_earlier(
    server: ObjectServer, bucket: Bucket, store: S3Store
) -> None:
    put = store.put(KEY, b"segment")
    thief = server.client()
    with pytest.raises(S3Error, match="object lock"):
        thief.remove_object(bucket.name, KEY, version_id=put.version)
    soon = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(minutes=1))
    with pytest.raises(S3Error, match="shortens"):
        thief.set_object_retention(bucket.name, KEY, soon, version_id=put.version)
    left = lock_of(bucket, KEY, put.version) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    assert store.get(KEY) == b"segment"


def test_what_a_thief_writes_over_it_changes_nothing(
    server: ObjectServer, bucket: Bucket, store: S3Store
) -> None:
    first = store.put(KEY, b"testimony")
    store.put(KEY.replace("1", "2"), b"more")
    thief = server.client()
    thief.put_object(bucket.name, KEY, io.BytesIO(b"another"), 7)
    connection = Connection(bucket)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    connection.put(KEY, b"a forgery", first.sha256, until)
    thief.remove_object(bucket.name, KEY)
    assert len(versions(server, bucket, KEY)) == 3
    for reader in (store, S3Store(bucket)):
        assert reader.head(KEY) == first
        assert reader.get(KEY) == b"testimony"
        assert reader.get(KEY, start=4) == b"imony"
        assert list(reader.sizes("")) == [(KEY, 9), (KEY.replace("1", "2"), 4)]
        assert reader.put(KEY, b"testimony") == first
        with pytest.raises(ObjectExists):
            reader.put(KEY, b"a forgery")


def test_what_a_thief_writes_before_it_is_not_taken_for_ours(
    server: ObjectServer, bucket: Bucket, store: S3Store
) -> None:
    thief = server.client()
    thief.put_object(bucket.name, KEY, io.BytesIO(b"junk"), 4)
    locked = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=1))
    thief.put_object(bucket.name, KEY, io.BytesIO(b"locked junk"), 11, retention=locked)
    assert list(store.list("")) == [KEY]
    with pytest.raises(ObjectMissing):
        store.head(KEY)
    put = store.put(KEY, b"testimony")
    assert store.get(KEY) == S3Store(bucket).get(KEY) == b"testimony"
    assert list(S3Store(bucket).sizes("")) == [(KEY, 9)]
    assert store.head(KEY) == put


def test_what_a_thief_forges_before_us_is_noticed_and_not_built_upon(bucket: Bucket, store: S3Store) -> None:
    forged = Connection(bucket).put(KEY, b"forgery", hashlib.sha256(b"forgery").hexdigest(), None)
    with pytest.raises(ObjectExists):
        store.put(KEY, b"testimony")
    Connection(bucket).lock(KEY, forged, datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
    with pytest.raises(ObjectExists):
        store.put(KEY, b"testimony")


def test_a_whole_object_that_is_read_with_other_bytes_is_noticed(proxy: FaultProxy, bucket: Bucket) -> None:
    store = behind(proxy, bucket)
    put = store.put(KEY, b"testimony")
    for version in (None, put.version):
        proxy.fault("GET", "bytes-altered")
        with pytest.raises(Altered):
            store.get(KEY, version)
    assert store.get(KEY) == b"testimony"


def test_bytes_that_did_not_arrive_as_they_were_sent_are_not_counted_as_written(
    server: ObjectServer, proxy: FaultProxy, bucket: Bucket
) -> None:
    store = behind(proxy, bucket)
    store.abilities()
    proxy.fault("PUT", "bytes-lost")
    for _ in range(2):
        with pytest.raises(Altered, match="with other bytes than were sent"):
            store.put(KEY, b"segment")
    assert len(versions(server, bucket, KEY)) == 1, "and a server that harms them is not fed again and again"


def test_a_bucket_with_locks_is_found_to_be_write_once(bucket: Bucket, store: S3Store) -> None:
    found = store.abilities()
    assert (found.write_once, found.holds, found.missing) == (True, True, ())
    assert list(store.list("")) == [], "the trial object is nobody's evidence"


def test_the_trial_object_is_used_again_and_does_not_pile_up(server: ObjectServer, bucket: Bucket) -> None:
    for _ in range(3):
        S3Store(bucket).abilities()
    [version] = versions(server, bucket, TRIAL_KEY)
    seen = Connection(bucket).head(TRIAL_KEY, version)
    assert seen.size == SIZE
    assert seen.until is not None
    assert seen.until - datetime.now(UTC) <= timedelta(days=1), "a bucket that is given up is free soon"
    assert not seen.held


def test_a_bucket_without_locks_works_and_says_what_it_lacks(server: ObjectServer) -> None:
    bucket = server.new_bucket(locks=False)
    store = S3Store(bucket)
    put = store.put(KEY, b"segment")
    assert store.head(KEY) == put
    assert store.get(KEY) == b"segment"
    found = store.abilities()
    assert not found.write_once
    assert not found.holds
    assert "object lock is not enabled" in found.missing
    assert "versioning is not enabled" in found.missing
    assert "objects have no versions" in found.missing
    for attempt in (lambda: store.renew(KEY), lambda: store.hold(KEY, True)):
        with pytest.raises(NotWriteOnce, match="object lock is not enabled"):
            attempt()


@pytest.mark.parametrize("status", [ENABLED, SUSPENDED])
def test_versions_alone_do_not_make_a_bucket_write_once(server: ObjectServer, status: str) -> None:
    bucket = server.new_bucket(locks=False)
    server.client().set_bucket_versioning(bucket.name, VersioningConfig(status))
    store = S3Store(bucket)
    first = store.put(KEY, b"segment")
    assert store.put(KEY, b"segment") == first
    assert not store.abilities().write_once
    assert ("versioning is not enabled" in store.abilities().missing) == (status == SUSPENDED)


def test_where_only_write_once_is_wanted_another_bucket_is_refused(server: ObjectServer) -> None:
    store = S3Store(replace(server.new_bucket(locks=False), lock_required=True))
    for attempt in (lambda: store.put(KEY, b"x"), store.abilities):
        with pytest.raises(NotWriteOnce, match=r"is not write-once: .*object lock is not enabled"):
            attempt()
    assert S3Store(replace(server.new_bucket(), lock_required=True)).put(KEY, b"x").size == 1


def test_a_server_that_lets_locked_objects_go_is_not_called_write_once(
    proxy: FaultProxy, bucket: Bucket
) -> None:
    proxy.fault("PUT", "lock-lost")  # the trial object itself
    found = behind(proxy, bucket).abilities()
    assert not found.write_once
    assert "objects are taken without their lock" in found.missing
    assert behind(proxy, bucket).abilities().write_once, "it does what it says again, and is believed again"


def test_a_lock_that_was_dropped_in_silence_does_not_count_and_is_mended_in_place(
    server: ObjectServer, proxy: FaultProxy, bucket: Bucket
) -> None:
    store = behind(proxy, bucket)
    store.abilities()
    proxy.fault("PUT", "lock-lost")
    with pytest.raises(LockMissing, match="without the lock that was asked for"):
        store.put(KEY, b"segment")
    with pytest.raises(LockMissing):
        store.head(KEY)
    assert store.get(KEY) == b"segment", "it may still be read: the ledger tells whether it is right"
    put = store.put(KEY, b"segment")
    assert versions(server, bucket, KEY) == [put.version], "nothing is written a second time"
    assert store.head(KEY) == put


def test_a_lock_is_renewed_when_a_week_of_it_is_over_and_not_before(bucket: Bucket) -> None:
    store = S3Store(replace(bucket, retention=timedelta(days=2)))
    put = store.put(KEY, b"segment")
    before = lock_of(bucket, KEY, put.version)
    assert not store.renew(KEY)
    longer = S3Store(replace(bucket, retention=timedelta(days=2.2)))
    assert longer.renew(KEY), "less than 83 of 90 parts are left"
    after = lock_of(bucket, KEY, put.version)
    assert after - before > timedelta(hours=4)
    assert not longer.renew(KEY)


def test_the_walk_renews_what_lives_and_lets_the_rest_run_out(
    server: ObjectServer, bucket: Bucket, store: S3Store
) -> None:
    short = S3Store(replace(bucket, retention=timedelta(days=1)))
    living = [short.put(f"recordings/{'a' * 32}/segments/{n:06d}", b"a%d" % n) for n in range(3)]
    dead = short.put(f"recordings/{'d' * 32}/wrap", b"d")
    server.client().remove_object(bucket.name, living[1].key)
    server.client().put_object(bucket.name, "recordings/strange", io.BytesIO(b"not ours"), 8)
    told: list[int] = []
    walk = renew_all(store, lambda key: "/d" not in key, lambda walk: told.append(walk.looked_at))
    assert walk == Walk(looked_at=3, renewed=3)
    assert told == [1, 2, 3]
    for one in living:
        assert lock_of(bucket, one.key, one.version) > datetime.now(UTC) + timedelta(days=89)
    assert lock_of(bucket, dead.key, dead.version) < datetime.now(UTC) + timedelta(days=2)
    assert renew_all(store, lambda key: "/d" not in key) == Walk(looked_at=3)


def test_an_object_that_cannot_be_renewed_is_counted_and_the_others_go_on(
    proxy: FaultProxy, bucket: Bucket
) -> None:
    short = S3Store(replace(bucket, retention=timedelta(days=1)))
    for name in ("a", "b", "c"):
        short.put(name, name.encode())
    store = behind(proxy, bucket)
    store.abilities()
    proxy.fault("PUT", "not-done")
    walk = renew_all(store)
    assert (walk.looked_at, walk.renewed, walk.failed) == (3, 2, 1)
    assert walk.first_failure is not None
    assert walk.first_failure.startswith("LockMissing")
    assert renew_all(store).renewed == 1


def put_briefly(bucket: Bucket) -> ObjectVersion:
    """Put an object whose lock ends soon. The server refuses an end that has passed when it reads of it, and
    then writes nothing: the busier the machine, the longer the lock has to be."""
    for seconds in (2, 4, 8, 16, 32):
        store = S3Store(replace(bucket, retention=timedelta(seconds=seconds)))
        with suppress(WriteFailed):
            return store.put(KEY, b"segment")
    return S3Store(replace(bucket, retention=timedelta(seconds=64))).put(KEY, b"segment")


def test_a_lock_that_has_run_out_is_renewed_and_the_object_is_still_read(
    server: ObjectServer, bucket: Bucket
) -> None:
    put = put_briefly(bucket)
    while lock_of(bucket, KEY, put.version) > datetime.now(UTC):
        time.sleep(0.1)
    store = S3Store(bucket)
    assert store.get(KEY) == b"segment"
    assert store.renew(KEY)
    with pytest.raises(S3Error, match="object lock"):
        server.client().remove_object(bucket.name, KEY, version_id=put.version)


def test_legal_hold_is_set_on_the_version_that_is_ours_and_lifted_again(
    server: ObjectServer, bucket: Bucket, store: S3Store
) -> None:
    mine = store.put(KEY, b"ours")
    server.client().put_object(bucket.name, KEY, io.BytesIO(b"newer"), 5)
    connection = Connection(bucket)
    for held in (True, True, False):
        store.hold(KEY, held)
        assert connection.head(KEY, mine.version).held is held
    with pytest.raises(ObjectMissing):
        store.hold("recordings/nothing", True)


def test_a_long_list_comes_whole_and_in_order(bucket: Bucket, store: S3Store) -> None:
    connection = Connection(bucket)
    keys = [f"recordings/{n % 7}/{n:04d}" for n in range(2 * LISTED + 50)]
    for key in keys:
        connection.put(key, b"x", "0" * 64, None)
    connection.put(keys[5], b"newer", "0" * 64, None)
    assert list(store.list("recordings/")) == sorted(keys)
