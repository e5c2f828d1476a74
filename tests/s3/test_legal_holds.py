"""Legal hold in buckets: on every object, again when a copy was away, and lifted with the last hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.servers.fault_proxy import FaultProxy
from vault.keyholders.local_keyholder import WAITING
from vault.sealing.key_wrapping import WRAP_SIZE
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store
from vault.stores.s3_client import Connection
from vault.wrapped_keys import holds_and_destruction
from vault.wrapped_keys.end_records import EndRecords, Proof
from vault.wrapped_keys.holds_and_destruction import set_holds
from vault.wrapped_keys.store import KeyStore

ITEM, HOLD, RECIPIENT = "e1" * 16, "40" * 16, "ab" * 8
PREFIX = f"recordings/{ITEM}/"


def held(bucket: Bucket, prefix: str) -> list[bool]:
    connection = Connection(bucket)
    return [connection.head(one.key, one.version).held for one in connection.versions(prefix)]


def test_every_object_is_held_and_set_free_again_and_others_are_left_alone(bucket: Bucket) -> None:
    store = S3Store(replace(bucket, retention=timedelta(days=1)))
    keys = [f"{PREFIX}segments/{n:06d}" for n in range(3)]
    for key in (*keys, f"recordings/{'e2' * 16}/manifest"):
        store.put(key, key.encode())
    assert set_holds(store, PREFIX, True) == "held"
    assert held(bucket, PREFIX) == [True] * 3
    assert held(bucket, f"recordings/{'e2' * 16}/") == [False]
    assert set_holds(store, PREFIX, False) == "free"
    assert held(bucket, PREFIX) == [False] * 3


def test_a_bucket_that_is_away_is_told_and_done_when_it_is_back(bucket: Bucket, proxy: FaultProxy) -> None:
    store = S3Store(replace(bucket, host=f"127.0.0.1:{proxy.port}"))
    store.put(f"{PREFIX}manifest", b"manifest")
    proxy.always("GET", "500")
    assert set_holds(store, PREFIX, True) == "away"
    proxy.always("GET", None)
    assert set_holds(store, PREFIX, True) == "held"
    assert held(bucket, PREFIX) == [True]


class Lifted:
    """Proofs that hold."""

    def of_lift(self, hold: str, proof: Proof) -> None:
        assert hold == HOLD

    def of_end(self, item: str, proof: Proof) -> None:
        raise AssertionError("nobody asked for an end")


def test_wraps_are_held_in_the_key_store_also_those_that_come_later(
    bucket: Bucket, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    store = KeyStore({"first-keys": S3Store(bucket)}, folder / WAITING)
    store.endings.proofs = Lifted()
    assert holds_and_destruction.hold(store, ITEM, HOLD) == {"first-keys": "held"}
    store.keep(ITEM, RECIPIENT, bytes(WRAP_SIZE))
    assert store.carry() == 0
    assert held(bucket, f"wraps/{ITEM}/") == [True]
    assert EndRecords(folder / "endings").held(ITEM)  # also for a keyholder that was started anew
    assert holds_and_destruction.lift(store, ITEM, HOLD, []) == {"first-keys": "free"}
    assert held(bucket, f"wraps/{ITEM}/") == [False]
