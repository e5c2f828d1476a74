"""A bucket whose bytes are not what they were: seen, and put right by what only the right bytes can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.errors import Altered, ObjectExists, ObjectMissing
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection

KEY = "recordings/a/segments/000001"
RIGHT = b"what was recorded"


@pytest.fixture
def damaged(bucket: Bucket, proxy: FaultProxy) -> Bucket:
    """Locked and ours, with the digest of the right bytes, and with others: a server that garbled them."""
    store = S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}"))
    store.abilities()
    proxy.fault("PUT", "bytes-lost")
    with pytest.raises(Altered):
        store.put(KEY, RIGHT)
    return bucket


def versions(server: ObjectServer, bucket: Bucket) -> int:
    return len(list(server.client().list_objects(bucket.name, KEY, include_version=True)))


def test_damage_is_seen_where_an_object_is_read_whole(damaged: Bucket) -> None:
    with pytest.raises(Altered, match="not the object that was written"):
        S3Store(damaged).get(KEY)
    with pytest.raises(Altered):
        S3Store(damaged).put(KEY, RIGHT)


def test_a_repair_is_one_more_locked_version_and_is_read_from_then_on(
    damaged: Bucket, server: ObjectServer
) -> None:
    store = S3Store(damaged)
    repaired = store.replace_damaged(KEY, RIGHT)
    assert versions(server, damaged) == 2, "the damaged one stays"
    assert store.get(KEY) == RIGHT
    assert store.get(KEY, start=5, length=3) == RIGHT[5:8]
    assert S3Store(damaged).get(KEY, length=1000) == RIGHT, "as much as there is, is all of it"
    until = Connection(damaged).head(KEY, repaired.version).until
    assert until is not None and until > datetime.now(UTC) + timedelta(days=89)
    anew = S3Store(damaged)
    assert anew.get(KEY) == RIGHT
    assert anew.get(KEY, start=5, length=3) == RIGHT[5:8], "it was read whole before"
    assert anew.head(KEY) == repaired
    assert anew.put(KEY, RIGHT) == repaired
    assert anew.replace_damaged(KEY, RIGHT) == repaired
    assert versions(server, damaged) == 2


def test_a_repair_stays_locked_as_long_as_what_it_stands_in_for(damaged: Bucket) -> None:
    repaired = S3Store(damaged).replace_damaged(KEY, RIGHT)
    before = Connection(damaged).head(KEY, repaired.version).until
    longer = replace(damaged, retention=damaged.retention + timedelta(days=30))
    assert S3Store(longer).renew(KEY), "by a process that has read nothing of it"
    after = Connection(damaged).head(KEY, repaired.version).until
    assert before is not None and after is not None and after > before + timedelta(days=29)
    S3Store(damaged).hold(KEY, True)
    assert Connection(damaged).head(KEY, repaired.version).held
    S3Store(damaged).hold(KEY, False)


def test_whoever_has_the_credentials_can_put_nothing_else_in_its_place(
    damaged: Bucket, server: ObjectServer
) -> None:
    store = S3Store(damaged)
    digest = store.head(KEY).sha256
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    Connection(damaged).put(KEY, b"a forgery of one.", digest, until)
    with pytest.raises(Altered):
        store.get(KEY)
    store.replace_damaged(KEY, RIGHT)
    assert S3Store(damaged).get(KEY) == RIGHT
    assert versions(server, damaged) == 3


def test_a_missing_object_is_put_back_and_a_sound_one_is_left_alone(
    bucket: Bucket, server: ObjectServer
) -> None:
    store = S3Store(bucket)
    first = store.replace_damaged(KEY, RIGHT)
    assert store.replace_damaged(KEY, RIGHT) == first
    assert versions(server, bucket) == 1


def test_an_object_that_the_server_lists_and_has_lost_is_put_back(
    bucket: Bucket, server: ObjectServer
) -> None:
    S3Store(bucket).put(KEY, RIGHT)
    server.ceph.replace_stored(bucket.name, KEY, lambda _: None)
    assert list(S3Store(bucket).list(KEY)) == [KEY]
    with pytest.raises(ObjectMissing):
        S3Store(bucket).get(KEY)
    S3Store(bucket).replace_damaged(KEY, RIGHT)
    assert S3Store(bucket).get(KEY) == RIGHT
    assert S3Store(bucket).renew(KEY) is False, "it was locked when it was put back"


def test_a_flipped_bit_on_the_servers_disk_is_seen_and_put_right(
    bucket: Bucket, server: ObjectServer
) -> None:
    S3Store(bucket).put(KEY, RIGHT)
    server.ceph.replace_stored(bucket.name, KEY, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Altered, match="not the object that was written"):
        S3Store(bucket).get(KEY)
    S3Store(bucket).replace_damaged(KEY, RIGHT)
    assert S3Store(bucket).get(KEY) == RIGHT


def test_what_was_written_as_another_object_is_never_replaced(bucket: Bucket, server: ObjectServer) -> None:
    store = S3Store(bucket)
    store.put(KEY, b"another one")
    with pytest.raises(ObjectExists, match="another digest"):
        store.replace_damaged(KEY, RIGHT)
    assert store.get(KEY) == b"another one"
    assert versions(server, bucket) == 1
