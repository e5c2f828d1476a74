"""store: writing a segment to a bucket with Object Lock, against a plain upload with the same lock.

Amana's write is one listing (does it exist already?), one PUT with lock and metadata, and one HEAD whose
size, digest, ETag, lock and date are compared. The plain upload is the client library's `put_object` with the
same lock: one request, whose result is not checked. Both alternate, segment by segment, in one run against
one real server (Ceph's radosgw on this machine, its OSD in memory, so that the disk has no influence), each
with a separate client and bucket. The target is for a segment of two cameras; smaller ones are shown because
two more requests are a larger part of their time.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from minio.retention import COMPLIANCE, Retention

from bench.tables import Target, spread, table
from tests.support.servers.ceph import Ceph
from tests.support.servers.object_server import ObjectServer
from vault.stores.s3 import S3Store

SIZES = {
    "a quiet second of sound, 16 KB": 16_000,
    "a second of two cameras, 875 KB": 875_000,
    "a segment: ten seconds of them, 8.75 MB": 8_750_000,
}
LIMIT = 1.5
"""Maximum time, in multiples of a plain upload's."""


@dataclass(frozen=True)
class Pair:
    """Seconds of both writes of the same bytes."""

    amana: float
    bare: float


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    # Not below `folder`: that path is too long for the daemons' sockets.
    with tempfile.TemporaryDirectory(prefix="s3-", dir="/tmp") as short:
        ceph = Ceph(Path(short) / "c")
        try:
            ceph.start()
            server = ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), Path(short))
            pairs = await asyncio.to_thread(_measure, server, 10 if quick else 100)
        finally:
            ceph.stop()
    table(
        "Into a bucket with Object Lock, milliseconds, median (least–most), in turns",
        ("", "Amana", "bare upload", "times"),
        [
            (
                what,
                spread([1000 * one.amana for one in found], 1),
                spread([1000 * one.bare for one in found], 1),
                f"{_ratio(found):.2f}",
            )
            for what, found in pairs.items()
        ],
    )
    return [
        Target(f"a write with lock and check, times a bare upload, {what}", _ratio(found), LIMIT)
        for what, found in list(pairs.items())[-1:]
    ]


def _ratio(pairs: list[Pair]) -> float:
    return median(one.amana for one in pairs) / median(one.bare for one in pairs)


def _measure(server: ObjectServer, rounds: int) -> dict[str, list[Pair]]:
    own, others = server.new_bucket(server.first), server.new_bucket(server.first)
    store, client = S3Store(own), server.client(server.first)
    store.abilities()
    lock = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=90))

    def amana(key: str, data: bytes) -> None:
        store.put(key, data)

    def bare(key: str, data: bytes) -> None:
        client.put_object(
            others.name, key, io.BytesIO(data), len(data), part_size=max(len(data), 5 << 20), retention=lock
        )

    found: dict[str, list[Pair]] = {}
    for what, size in SIZES.items():
        pairs = []
        for number in range(rounds + 3):
            data = hashlib.shake_128(b"%d" % number).digest(size)
            key = f"recordings/{size}/segments/{number:06d}"
            seconds = [0.0, 0.0]
            for turn in (0, 1) if number % 2 else (1, 0):
                began = time.perf_counter()
                (amana, bare)[turn](key, data)
                seconds[turn] = time.perf_counter() - began
            if number >= 3:  # the first requests open connections
                pairs.append(Pair(*seconds))
        found[what] = pairs
    return found
