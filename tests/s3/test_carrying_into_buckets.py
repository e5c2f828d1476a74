"""A real spool, carried into two buckets of two users, through outages of the server."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.patience import wait_until
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.copies.copies import Copies
from vault.copies.replicator import CopiesConfig
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store

EVIDENCE = "0123456789abcdef" * 2
QUICK = CopiesConfig(look_every=0.02, first_pause=0.05, longest_pause=0.2, keep=0.0)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def carry(spool: Path) -> Iterator[Callable[..., Copies]]:
    running: list[Copies] = []

    def begin(*buckets: Bucket) -> Copies:
        names = ("first", "second")[: len(buckets)]
        stores = {name: S3Store(bucket) for name, bucket in zip(names, buckets, strict=True)}
        copies = Copies(stores, spool, QUICK)
        copies.start()
        running.append(copies)
        return copies

    yield begin
    for copies in running:
        copies.stop()


def add_segment(writer: SpoolWriter, number: int) -> None:
    writer.append([(b"%d" % number, bytes([number]) * 100_000)])
    writer.roll()


def seal(writer: SpoolWriter) -> None:
    writer.write_file("index", b"index")
    writer.write_file("manifest", b"{}")
    writer.close()


def keys(segments: int) -> list[str]:
    names = [*(f"segments/{n + 1:06d}" for n in range(segments)), "index", "manifest"]
    return [f"recordings/{EVIDENCE}/{name}" for name in names]


def written(server: ObjectServer, bucket: Bucket, which: str = "recordings/") -> list[str]:
    """Keys in the order in which the server took them, every version of every one."""
    user = server.first if bucket.credentials.name == "first.keys" else server.second
    found = list(server.client(user).list_objects(bucket.name, which, recursive=True, include_version=True))
    return [str(one.object_name) for one in sorted(found, key=lambda one: str(one.last_modified))]


def test_the_spool_waits_through_an_outage_is_drained_in_order_and_only_then_let_go(
    own_server: Callable[[], ObjectServer], spool: Path, carry: Callable[..., Copies]
) -> None:
    server = own_server()
    buckets = [replace(server.new_bucket(user), answer_within=3.0) for user in (server.first, server.second)]
    copies = carry(*buckets)
    writer = SpoolWriter.create(spool, EVIDENCE, 0)
    writer.write_file("wrap", b"wrapped key")
    for number in range(3):
        add_segment(writer, number)
    wait_until(lambda: {one.segments for one in copies.status(EVIDENCE).values()} == {3})

    server.ceph.kill("rgw")
    for number in range(3, 6):
        add_segment(writer, number)
    wait_until(lambda: all(one.error for one in copies.status(EVIDENCE).values()))
    assert all("StoreUnavailable" in str(one.error) for one in copies.status(EVIDENCE).values())
    server.ceph.start_gateway()
    wait_until(lambda: {one.segments for one in copies.status(EVIDENCE).values()} == {6})

    server.ceph.signal("osd", signal.SIGSTOP)
    for number in range(6, 8):
        add_segment(writer, number)
    seal(writer)
    wait_until(
        lambda: all("not answer in time" in str(one.error) for one in copies.status(EVIDENCE).values())
    )
    assert copies.release() == []
    server.ceph.signal("osd", signal.SIGCONT)
    wait_until(lambda: all(one.complete for one in copies.status(EVIDENCE).values()))

    segments = [SpoolReader(spool, EVIDENCE).segment_path(n + 1).read_bytes() for n in range(8)]
    for bucket in buckets:
        order = written(server, bucket)
        assert list(dict.fromkeys(order)) == keys(8)
        store = S3Store(bucket)
        assert [store.get(key) for key in keys(8)[:8]] == segments
    assert copies.release() == [EVIDENCE]


def test_a_server_that_succeeds_while_reporting_failure_gets_nothing_twice(
    server: ObjectServer, spool: Path, carry: Callable[..., Copies]
) -> None:
    proxy = FaultProxy(server.ceph.port, server.first)
    bucket = server.new_bucket()
    S3Store(bucket).abilities()
    copies = carry(replace(bucket, host=f"127.0.0.1:{proxy.port}"))
    writer = SpoolWriter.create(spool, EVIDENCE, 0)
    writer.write_file("wrap", b"wrapped key")
    for number in range(4):
        for fault in ("500-but-done", "500", "lock-lost", "cut-off-but-done"):
            proxy.fault("PUT", fault)
        add_segment(writer, number)
    seal(writer)
    wait_until(lambda: copies.drained(EVIDENCE) and copies.status(EVIDENCE)["first"].complete)
    assert written(server, bucket) == keys(4)
    store = S3Store(bucket)
    assert all(store.head(key) for key in keys(4)), "each with its lock"
    proxy.stop()


def test_looking_at_a_complete_copy_once_more_costs_one_request_for_each_object(
    server: ObjectServer, spool: Path, carry: Callable[..., Copies]
) -> None:
    proxy = FaultProxy(server.ceph.port, server.first)
    copies = carry(replace(server.new_bucket(), host=f"127.0.0.1:{proxy.port}"))
    writer = SpoolWriter.create(spool, EVIDENCE, 0)
    writer.write_file("wrap", b"wrapped key")
    for number in range(5):
        add_segment(writer, number)
    seal(writer)
    wait_until(lambda: copies.drained(EVIDENCE) and copies.status(EVIDENCE)["first"].complete)
    proxy.requests.clear()
    assert copies.release() == [EVIDENCE]
    assert [request.split()[0] for request in proxy.requests] == ["HEAD"] * len(keys(5))
    proxy.stop()
