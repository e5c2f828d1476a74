"""The fault matrix: each fault, done to one real world while it records, and the same four checks after it.

The faults are in `fault_list`, the world in `world`, the checks in `matrix_proof`; docs/reliability.md has
the outcomes. `make test-all` does each once, `make faults` a tenth of FAULT_ROUNDS times, and for longer.
`make test` does each to the part that it concerns: tests/s3, `test_killed_processes`, `test_full_disk`,
`test_database_away`, `test_damaged_copies`, `test_copies_in_buckets` (a slow store), and for the clock
`tests/integration/test_camera_connection.py` and `test_incidents`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from amana.demo.simulated_room import Film
from tests.faults.fault_list import FAULTS, Fault
from tests.faults.matrix_proof import Promised, leaves, prove
from tests.faults.outcomes import OUTCOMES, Outcome, Outcomes
from tests.faults.world import Watch, World, machines, made
from tests.support.centers.service import patiently
from tests.support.servers.databases import Server
from tests.support.servers.object_server import ObjectServer

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.repeats,
    pytest.mark.timeout(7200),
    pytest.mark.asyncio(loop_scope="module"),
]

LONG = "FAULT_ROUNDS" in os.environ
ROUNDS = max(1, int(os.environ.get("FAULT_ROUNDS", "1")) // 10)
"""A round takes a quarter of a minute and more, a kill in `test_killed_processes` some seconds."""


class Worlds:
    """One world for faults that can share it; after a fault that a check found fault with, another one."""

    def __init__(self, folder: Path, database: Server, objects: ObjectServer, film: Film) -> None:
        self._made_of, self._folder, self._numbers = (database, objects, film), folder, 0
        self._stack, self._world = AsyncExitStack(), None
        self.sound = False

    async def get(self, *, with_clock: bool) -> World:
        if self._world is None or not self.sound or with_clock != (self._world.clock is not None):
            await self.close()
            self._numbers += 1
            folder = self._folder / str(self._numbers)
            folder.mkdir()
            self._world = await self._stack.enter_async_context(
                made(folder, *self._made_of, with_clock=with_clock)
            )
        self.sound = False
        return self._world

    async def close(self) -> None:
        self._world = None
        await self._stack.aclose()
        self._stack = AsyncExitStack()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, ObjectServer]]:
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "the fault matrix must run as root"
        pytest.skip("mounting a small file system needs root")
    with machines(tmp_path_factory.mktemp("credentials")) as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(
    servers: tuple[Server, ObjectServer], film: Film, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Worlds]:
    worlds = Worlds(tmp_path_factory.mktemp("w"), *servers, film)
    yield worlds
    await worlds.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_after_it_nothing_is_lost_or_wrong_and_the_operator_was_told(
    worlds: Worlds, fault: Fault, tmp_path: Path
) -> None:
    outcomes = Outcomes(Path(os.environ.get("FAULT_OUTCOMES", OUTCOMES)))
    for _ in range(ROUNDS):
        world = await worlds.get(with_clock=fault.sets_clock)
        began = time.monotonic()
        before = await asyncio.to_thread(leaves, world.service.settings)
        watch = await (_at_rest if fault.at_rest else _while_recording)(world, fault)
        promised = Promised(before, tuple(world.opened), world.parts[-1], fault.ends, world.safe)
        proved = await asyncio.to_thread(prove, world.service.settings, promised, tmp_path)
        told = _told(watch, fault) if fault.told else []
        assert told or not fault.told, watch.news
        took = time.monotonic() - began
        outcomes.add(Outcome.of(fault, _lasts(fault), proved, told, world.safe, took))
        worlds.sound = True


def _lasts(fault: Fault) -> float:
    return fault.lasts_long if LONG and not fault.at_rest else fault.lasts


async def _while_recording(world: World, fault: Fault) -> Watch:
    await world.begin()
    async with world.watched() as watch, world.busy():
        await asyncio.sleep(random.uniform(0.2, 1.5))
        async with fault.harm(world):
            await asyncio.sleep(_lasts(fault))
            if fault.told:
                await _seen(watch, fault)
        await asyncio.sleep(1.5)
        await world.end_part(fault.ends)
    await world.copied()
    return watch


async def _seen(watch: Watch, fault: Fault) -> None:
    """A page may take its time on a busy machine: what it has to tell stays until it was looked at."""

    async def seen() -> bool:
        return bool(_told(watch, fault))

    with contextlib.suppress(AssertionError):  # that nothing was told is found after the round
        await patiently(seen)


def _told(watch: Watch, fault: Fault) -> list[str]:
    return [line for line in watch.news if re.search(fault.told, line)]


async def _at_rest(world: World, fault: Fault) -> Watch:
    await world.begin()  # a part whose objects nothing has been done to yet
    await world.end_part("complete")
    await world.copied()
    async with world.watched() as watch, fault.harm(world):
        pass
    return watch
