"""Every fault of the matrix: what is done to the world, and by what its operator must be told.

A fault while recording is a harm that lasts for some seconds of a running interview, begun at a random
moment. One at rest is done to what both copies already hold, and ends with their being read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from io import BytesIO

from tests.faults.lost import amana
from tests.faults.world import World, fill
from tests.support.centers.service import patiently
from tests.support.patience import until
from vault.stores.base import Store
from vault.stores.s3 import S3Store

Harm = Callable[[World], AbstractAsyncContextManager[None]]
"""Done on entering, undone on leaving."""


@dataclass(frozen=True)
class Fault:
    """One row of the matrix."""

    name: str
    """As it stands in docs/reliability.md."""
    harm: Harm
    told: str
    """A regular expression that a line of `world.Watch` must match: of *System state*, of the console
    or of the log. Empty: there is nothing to tell."""
    lasts: float = 4.0
    """Seconds; at rest: 0, there is no recording meanwhile."""
    lasts_long: float = 10.0
    """Seconds with `make faults`."""
    ends: str = "complete"
    """How the part ends: `complete`, `interrupted`."""
    sets_clock: bool = False
    """Its world needs a clock that can be set."""

    @property
    def at_rest(self) -> bool:
        return self.lasts == 0


def _killed(name: str) -> Harm:
    @contextlib.asynccontextmanager
    async def harm(world: World) -> AsyncIterator[None]:
        # One that sealed another part a moment ago may still be there.
        await world.service.kill(name, world.interviewing.interview)
        yield

    return harm


@contextlib.asynccontextmanager
async def _database_killed(world: World) -> AsyncIterator[None]:
    # In threads, here and below: the cameras send from this process and must not stand still for it.
    await asyncio.to_thread(world.database.kill)
    yield
    await asyncio.to_thread(world.database.start)


@contextlib.asynccontextmanager
async def _object_server_killed(world: World) -> AsyncIterator[None]:
    for name in ("rgw", "osd", "mon"):
        await asyncio.to_thread(world.objects.ceph.kill, name)
    yield
    await asyncio.to_thread(world.objects.ceph.start_again)


@contextlib.asynccontextmanager
async def _object_server_frozen(world: World) -> AsyncIterator[None]:
    world.objects.ceph.signal("rgw", signal.SIGSTOP)
    try:
        yield
    finally:
        world.objects.ceph.signal("rgw", signal.SIGCONT)


@contextlib.asynccontextmanager
async def _refused(world: World) -> AsyncIterator[None]:
    await asyncio.to_thread(world.objects.ceph.admin, "user", "suspend", "--uid=second")
    try:
        yield
    finally:
        await asyncio.to_thread(world.objects.ceph.admin, "user", "enable", "--uid=second")


@contextlib.asynccontextmanager
async def _store_full(world: World) -> AsyncIterator[None]:
    quota = ("--quota-scope=bucket", f"--bucket={world.buckets[1]}")
    await asyncio.to_thread(world.objects.ceph.admin, "quota", "set", "--max-objects=1", *quota)
    await asyncio.to_thread(world.objects.ceph.admin, "quota", "enable", *quota)
    try:
        yield
    finally:
        await asyncio.to_thread(world.objects.ceph.admin, "quota", "disable", *quota)


def _on_the_wire(what: str, *methods: str) -> Harm:
    """To the second copy; see `tests.support.servers.fault_proxy`."""

    @contextlib.asynccontextmanager
    async def harm(world: World) -> AsyncIterator[None]:
        made = world.proxy.made
        for method in methods:
            world.proxy.always(method, what)
        try:
            yield
            await until(lambda: world.proxy.made > made)
        finally:
            for method in methods:
                world.proxy.always(method, None)

    return harm


@contextlib.asynccontextmanager
async def _spool_full(world: World) -> AsyncIterator[None]:
    ballast = await asyncio.to_thread(fill, world.service.settings.spool)
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.asynccontextmanager
async def _clock_set_back(world: World) -> AsyncIterator[None]:
    world.set_clock(-3600)
    try:
        yield
    finally:
        world.set_clock(0)


# --- at rest ----------------------------------------------------------------------------------------------


def flipped(data: bytes) -> bytes:
    """One bit of it is another one."""
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def gone(_: bytes) -> None:
    """Nothing is left of it."""


def _damaged(*where: tuple[int, Callable[[bytes], bytes | None]]) -> Harm:
    """For each (copy, change): another object of the newest part, chosen by chance, is changed where it is
    kept; then the copies are read again."""

    @contextlib.asynccontextmanager
    async def harm(world: World) -> AsyncIterator[None]:
        keys = random.sample(_keys(world), len(where))
        for (copy, change), key in zip(where, keys, strict=True):
            await asyncio.to_thread(world.objects.ceph.replace_stored, world.buckets[copy], key, change)
        yield
        await _read_again(world)
        # By the command, or by the service, which may have met it before and be at it.
        await patiently(lambda: asyncio.to_thread(lambda: world.put_right() >= len(where)))

    return harm


@contextlib.asynccontextmanager
async def _written_over(world: World) -> AsyncIterator[None]:
    """What whoever has the second copy's credentials can do: a newer version, and a delete marker on it."""
    key, bucket = random.choice(_keys(world)), world.buckets[1]
    client = world.objects.client(world.objects.second)

    def write_over() -> None:
        client.put_object(bucket, key, BytesIO(b"another one"), 11)
        client.remove_object(bucket, key)

    await asyncio.to_thread(write_over)
    yield
    await _read_again(world)


def _keys(world: World) -> list[str]:
    """Objects of the newest part: index, manifest, segments."""
    place = world.service.settings.copies["first-copy"]
    store: Store = S3Store(place)  # type: ignore[arg-type]  # a bucket, in this world
    return list(store.list(f"recordings/{world.parts[-1]}/"))


async def _read_again(world: World) -> None:
    code, said = await amana(world.service, "scrub")
    assert code == 0, said
    assert "as recorded" in said, said


# --- the matrix -------------------------------------------------------------------------------------------

SECOND = r"^(stores|published) second-copy|^log: .*(copy second-copy|second-copy:)"
DATABASE = r"^page: |^log: .*DatabaseAway"
PUT, ALL = ("PUT",), ("PUT", "GET", "HEAD")

FAULTS: Sequence[Fault] = (
    # First, while there is little: both copies are read again whole.
    Fault("a flipped bit in a copy", _damaged((1, flipped)), r"^reading second-copy", lasts=0),
    Fault("a missing object in a copy", _damaged((0, gone)), r"^reading first-copy", lasts=0),
    Fault("another version and a delete marker over an object", _written_over, "", lasts=0),
    Fault(
        "both copies damaged in different places",
        _damaged((0, flipped), (1, gone)),
        r"^reading (first|second)-copy",
        lasts=0,
    ),
    Fault("`kill -9` of the web process", _killed("web"), r"^incidents: web "),
    Fault("`kill -9` of the keyholder", _killed("keyholder"), r"^incidents: keyholder "),
    Fault("`kill -9` of the recorder", _killed("recorder"), r"^incidents: recorder ", ends="interrupted"),
    Fault("`kill -9` of the database server", _database_killed, DATABASE, lasts=8, lasts_long=20),
    Fault("`kill -9` of the S3 server: gateway, storage and monitor", _object_server_killed, SECOND),
    Fault("S3 server frozen", _object_server_frozen, SECOND, lasts=20, lasts_long=180),
    Fault("S3 server refuses", _refused, r"^stores second-copy: .*StoreRefused", lasts_long=60),
    Fault(
        "S3 server slow: 1.5 s for each request",
        _on_the_wire("slow", *ALL),
        "",
        lasts=4,
        lasts_long=60,
    ),
    Fault("S3 server answers 500", _on_the_wire("500", *ALL), SECOND, lasts_long=60),
    Fault("S3 server does it and reports a failure", _on_the_wire("500-but-done", *PUT), SECOND),
    Fault("S3 server does it and the answer is lost", _on_the_wire("cut-off-but-done", *PUT), SECOND),
    Fault("S3 server reports success and does nothing", _on_the_wire("not-done", *PUT), SECOND),
    Fault("S3 server keeps objects without the lock", _on_the_wire("lock-lost", *PUT), SECOND),
    Fault("S3 server keeps other bytes than it was sent", _on_the_wire("bytes-lost", *PUT), SECOND),
    Fault("disk of the S3 store full", _store_full, SECOND, lasts_long=30),
    Fault("disk of the spool full", _spool_full, r"^console: .*spool|^disk: ", ends="interrupted"),
    Fault(
        "clock set back an hour",
        _clock_set_back,
        r"^incidents: clock .*set back by 3600",
        sets_clock=True,
    ),
)
