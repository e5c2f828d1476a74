"""One real center for the fault matrix: `amana serve`, PostgreSQL, two buckets with Object Lock, interviews.

Everything is the real thing and can be harmed: the service's processes, the database's server, the S3 server
(monitor, storage on a disk, gateway), the wire to the second copy, the disk of the spool, and, if wanted, the
clock that all of the service's processes see. Needs root for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from amana.centers import attached_center
from amana.demo.http_user import RequestRefused, Visitor
from amana.demo.simulated_room import Film
from casework.database.models import Evidence
from casework.ledger import chains
from casework.rebuild import database_replication_status
from chain_of_custody.statements.statement import SignedStatement
from tests.support.centers.service import Interviewing, Service, patiently
from tests.support.servers.ceph import Ceph
from tests.support.servers.databases import Server, server
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.spool.reader import SpoolReader
from vault.stores.bucket_address import Bucket

SPOOL = 1200  # MiB
RESERVE = 8  # MiB
FAKETIME = "libfaketimeMT.so.1"


@dataclass
class Watch:
    """What the page *System state* and the logs said, but for what they said before."""

    before: frozenset[str] = frozenset()
    said: set[str] = field(default_factory=set)

    @property
    def news(self) -> list[str]:
        return sorted(self.said - self.before)


@dataclass
class World:
    """See `made`."""

    folder: Path
    service: Service
    database: Server
    objects: ObjectServer
    buckets: tuple[str, str]
    proxy: FaultProxy
    film: Film
    clock: Path | None
    """File that says what libfaketime adds to the clock of the service's processes, if it may be set."""
    administrator: Visitor
    prosecutor: Visitor
    interviewing: Interviewing
    opened: list[str] = field(default_factory=list)
    """Every interview whose opening was acknowledged, and so is a statement."""
    parts: list[str] = field(default_factory=list)
    """Every part that was sealed, the newest last."""
    safe: int = 0
    """µs of the running part up to which the console was told that it is recorded."""

    async def begin(self) -> None:
        """An interview of its own is being recorded."""
        self.safe = 0
        self.interviewing = await Interviewing.open(self.prosecutor, self.film)
        await self.interviewing.connect()
        await self.interviewing.begin()
        await self.interviewing.recorded(1.5)
        # Without a word of it every second of the part could be lost and nothing be missed.
        await patiently(self._safe_told)

    async def _safe_told(self) -> bool:
        """One look at the console; whether it has called anything of the running part safe yet."""
        status = await self.interviewing.status()
        if (status.get("evidence"), status.get("state")) == (self.interviewing.evidence, "recording"):
            self.safe = max(self.safe, int(status["safe"]))
        return self.safe > 0

    async def end_part(self, state: str) -> None:
        """The part is being sealed, in this state."""
        evidence = self.interviewing.evidence

        async def stopped() -> bool:
            with contextlib.suppress(RequestRefused):
                await self.interviewing.tell("stop", evidence=evidence, reason="finished")
            return (await self.interviewing.status())["state"] in ("sealed", "interrupted")

        if state == "complete":
            await patiently(stopped)
        await self.interviewing.leave()
        self.parts.append(evidence)

    async def copied(self) -> None:
        """Until everything is in both copies: the newest part, and every statement."""
        lacking: list[str] = []

        async def nothing_lacks() -> bool:
            lacking[:] = await asyncio.to_thread(self._lacking, self.parts[-1])
            return not lacking

        try:
            await patiently(nothing_lacks)
        except AssertionError as never:
            spool = sorted(
                path.name
                for path in SpoolReader(self.service.settings.spool, self.parts[-1]).folder.glob("*")
            )
            log = (self.service.settings.log / "web.log").read_text(errors="replace")[-6000:]
            raise AssertionError(f"{never}: {lacking}; spool: {spool}; its log ends with:\n{log}") from None

    def _lacking(self, evidence: str) -> list[str]:
        """What the copies do not have yet."""
        with attached_center(self.service.settings) as center:
            manifest = f"recordings/{evidence}/manifest"
            media = [
                f"{name}: {manifest}"
                for name, store in center.stores.items()
                if manifest not in store.list(f"recordings/{evidence}/")
            ]
            with center.database() as session:
                stated = session.get_one(Evidence, evidence).state.sealed
            seal = [] if stated else [f"{evidence}: its seal is signed, and not in the ledger yet"]
            behind = [one for one in database_replication_status.published_copies(center) if one.behind]
            return media + seal + [f"{one.copy}: {one.behind} statements, {one.trouble}" for one in behind]

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Meanwhile somebody works at the desk, and the console shows how far the recording is safe."""
        tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._look_at_the_console())]
        try:
            yield
        finally:
            await _end(*tasks)

    async def _work(self) -> None:
        while True:
            with contextlib.suppress(RequestRefused, httpx.HTTPError):
                interview = await self.prosecutor.open_interview(
                    self.interviewing.case, purpose="testimony", room="2"
                )
                self.opened.append(interview)
            await asyncio.sleep(0.7)

    async def _look_at_the_console(self) -> None:
        while True:
            with contextlib.suppress(RequestRefused, httpx.HTTPError):
                await self._safe_told()
            await asyncio.sleep(0.5)

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[Watch]:
        """Meanwhile the administrator has *System state* open."""
        watch = Watch(frozenset([line async for line in self._state()] + self._logged()))

        async def look() -> None:
            while True:
                watch.said.update([line async for line in self._state()])
                watch.said.update(self._logged())
                await asyncio.sleep(1.0)

        task = asyncio.create_task(look())
        try:
            yield watch
        finally:
            await _end(task)
            watch.said.update([line async for line in self._state()])
            watch.said.update(self._logged())

    async def _state(self) -> AsyncIterator[str]:
        """Each part of the page that asks to be looked at; or what is there instead of the page."""
        try:
            seen = await self.administrator.look("/health")
        except (RequestRefused, httpx.HTTPError) as refused:
            yield f"page: {type(refused).__name__} {refused}"
            return
        for what, one in seen.get("incidents", {}).get("lately", {}).items():
            # Each by itself: what is new of one of them is no news of another.
            yield f"incidents: {what} {json.dumps(one)}"
        for name, part in seen.items():
            if name == "incidents":
                continue
            parts = part if isinstance(part, dict) and "well" not in part else {"": part}  # by copy
            for copy, one in parts.items():
                if isinstance(one, dict) and not one.get("well", True):
                    yield f"{name} {copy}: {json.dumps({**one, 'now': None})}".replace(" :", ":")
        with contextlib.suppress(RequestRefused, httpx.HTTPError):
            for trouble in (await self.interviewing.status())["losses"]:
                yield f"console: {json.dumps(trouble)}"

    def _logged(self) -> list[str]:
        text = (self.service.settings.log / "web.log").read_text(errors="replace")
        return [f"log: {line}" for line in text.splitlines() if " WARNING " in line or " ERROR " in line]

    def put_right(self) -> int:
        """Objects of the newest part that were put right and stated to be, by a command or by the service."""
        with attached_center(self.service.settings) as center:
            leaves = chains.chain(center, self.parts[-1]).values()
            told = [SignedStatement.parse(leaf).statement for leaf in leaves]
        return sum(one.body["repaired"] for one in told if one.type == "evidence.verified")

    def set_clock(self, seconds: int) -> None:
        """Of every process of the service, from within a second on; what nobody can set goes on."""
        assert self.clock is not None
        partial = self.clock.with_suffix(".partial")
        partial.write_text(f"{seconds:+d}s\n")
        partial.replace(self.clock)


def fill(folder: Path) -> Path:
    """Until nothing more can be written there; the file that takes the room. No more than is free now: what
    the recorder lets go of, so that it can seal, is the recorder's."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    with ballast.open("wb") as opened:
        for block in (2**20, 4096):  # the recorder takes space meanwhile
            with contextlib.suppress(OSError):
                while opened.tell() + block <= free:
                    os.posix_fallocate(opened.fileno(), opened.tell(), block)
                    opened.seek(block, os.SEEK_CUR)
    return ballast


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Raises what one of them had ended of already: nobody worked, or looked, from then on."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):  # not that it was cancelled just now
            raise ended


@contextlib.contextmanager
def machines(folder: Path) -> Iterator[tuple[Server, ObjectServer]]:
    """A database's server and an S3 server, both on the disk."""
    place = Path(tempfile.mkdtemp(prefix="s3-"))
    ceph = Ceph(place / "c", lasting=True)
    try:
        ceph.start()
        with server() as database:
            yield database, ObjectServer(ceph, ceph.add_user("first"), ceph.add_user("second"), folder)
    finally:
        ceph.stop()
        place.rmdir()


@contextlib.contextmanager
def small_disk(spool: Path) -> Iterator[None]:
    """A file system of its own where the spool will be."""
    spool.mkdir(parents=True)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={SPOOL}m", "tmpfs", spool), check=True)
    try:
        yield
    finally:
        subprocess.run(("umount", "-l", spool), check=True)


@contextlib.asynccontextmanager
async def made(
    folder: Path, database: Server, objects: ObjectServer, film: Film, *, with_clock: bool
) -> AsyncIterator[World]:
    """A new center in `folder`, with buckets and a database of its own on these servers.

    `with_clock`: under libfaketime, so that a fault can set its clock. Its processes then take several times
    as much of the processor.
    """
    first, second = objects.new_bucket(objects.first), objects.new_bucket(objects.second)
    proxy = FaultProxy(objects.ceph.port, objects.second)
    clock = folder / "clock" if with_clock else None
    environ = {
        "AMANA_DATABASE": database.made().url,
        "AMANA_RESERVE_MIB": str(RESERVE),
        "AMANA_SCRUB_DAYS": "0",  # what is read again here, somebody has met or asked for
        **_copy("FIRST", objects.address(first.name), first),
        **_copy("SECOND", f"http://127.0.0.1:{proxy.port}/{second.name}", second),
        **(_clock_of(clock) if clock else {}),
    }
    service = Service(folder / "amana", environ)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(proxy.stop)
        stack.enter_context(small_disk(folder / "amana" / "spool"))
        stack.push_async_callback(service.stop)
        await service.start()
        administrator = await Visitor.arrive(service.link)
        stack.push_async_callback(administrator.__aexit__, None, None, None)
        prosecutor = await administrator.invite("Prosecutor of the test", "prosecutor")
        stack.push_async_callback(prosecutor.__aexit__, None, None, None)
        world = World(
            folder=folder,
            service=service,
            database=database,
            objects=objects,
            buckets=(first.name, second.name),
            proxy=proxy,
            film=film,
            clock=clock,
            administrator=administrator,
            prosecutor=prosecutor,
            interviewing=await Interviewing.open(prosecutor, film),
        )
        stack.push_async_callback(world.interviewing.leave)
        yield world


def _clock_of(file: Path) -> dict[str, str]:
    """The environment that puts libfaketime before the system's clock, and lets `file` set it."""
    found = list(Path("/usr/lib").glob(f"*/faketime/{FAKETIME}"))
    assert found, f"{FAKETIME} is not there. Install it: apt-get install --no-install-recommends faketime"
    file.write_text("+0s\n")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _copy(name: str, address: str, bucket: Bucket) -> dict[str, str]:
    return {
        f"AMANA_{name}_COPY": f"{address}?lock=required",
        f"AMANA_{name}_COPY_CREDENTIALS": str(bucket.credentials),
    }
