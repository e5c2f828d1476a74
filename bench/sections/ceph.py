"""ceph: how many concurrent interviews this machine records *and* copies into two locked buckets.

As *capacity*, with a process that replicates every closed segment to both copies, as the web process does,
and a real S3 server for them (Ceph RGW: gateway, storage in memory, monitor). Senders, recorders, replicator
and server share the same processors. A step also fails if an interview is more than three segments behind in
a copy. At the end everything is in both copies, and each object was checked after it was put.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import LineProcess
from bench.sections.capacity import RunningInterviews, Step, climb, held, print_steps
from bench.tables import Target
from tests.support.servers.ceph import Ceph
from tests.support.servers.object_server import ObjectServer
from vault.stores.bucket_address import Bucket

TARGET = 4
BEHIND = 3
"""Closed segments of one interview that a copy may lack."""
COPIED_WITHIN = 120.0
"""Seconds after the seal until everything must be in both copies."""


class ReplicatedInterviews(RunningInterviews):
    """Interviews whose segments are replicated while they are recorded."""

    replicator: LineProcess

    async def hold(self, seconds: float) -> Step:
        step = await super().hold(seconds)
        found = await self.replicator.ask(60, op="status")
        step.waiting = found["waiting"]
        if step.waiting > BEHIND:
            step.troubles.add("copies behind")
        if found["error"]:
            step.troubles.add(f"copies: {found['error']}")
        return step

    async def seal(self) -> None:
        await super().seal()
        began = time.monotonic()
        while (left := await self.replicator.ask(60, op="status"))["all"]:
            if time.monotonic() - began > COPIED_WITHIN:
                raise RuntimeError(f"{left['all']} objects are in the copies not yet: {left['error']}")
            await asyncio.sleep(0.2)
        print(f"  everything in both copies {time.monotonic() - began:.1f} s after that", flush=True)


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    sender = await LineProcess.start(sys.executable, "-m", "bench.replay", folder=folder, log=log)
    running = ReplicatedInterviews(folder / "ceph", log, sender)
    # Not below `folder`: that path is too long for the daemons' sockets.
    with tempfile.TemporaryDirectory(prefix="s3-", dir="/tmp") as short:
        ceph = Ceph(Path(short) / "c")
        try:
            await asyncio.to_thread(ceph.start)
            server = ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), Path(short))
            buckets = {
                "first-copy": server.new_bucket(server.first),
                "second-copy": server.new_bucket(server.second),
            }
            running.replicator = await LineProcess.start(
                *(sys.executable, "-m", "bench.replication", str(running.center.spool)),
                *(
                    f"{name}={_address(server, bucket)}={bucket.credentials}"
                    for name, bucket in buckets.items()
                ),
                folder=folder,
                log=log,
            )
            await climb(running, TARGET, quick)
        finally:
            await running.end()
            await sender.end()
            await running.replicator.end()
            ceph.stop()
            shutil.rmtree(running.center.folder, ignore_errors=True)
    print_steps(
        "Interviews at once, recorded and copied into two buckets of a server on the same machine", running
    )
    return [
        Target(
            "interviews with two cameras into Ceph at once, nothing lost",
            held(running),
            TARGET,
            at_least=True,
        )
    ]


def _address(server: ObjectServer, bucket: Bucket) -> str:
    return f"{server.address(bucket.name)}?lock=required"
