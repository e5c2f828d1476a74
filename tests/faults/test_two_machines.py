"""Two machines on one database and two buckets: interviews on both at once, one sleeps, one dies.

What must hold: one ledger that the court's verifier proves, with every part that was acknowledged in it, and
an interview that goes on at the other machine when its own is gone.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from amana.health import status
from casework.center import Center
from casework.evidence.gateway import ItemExtent, export_package
from casework.people.people import find
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.tlog.merkle import verify_consistency
from chain_of_custody.verify import verify
from tests.faults.proving import recorded
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.centers.two_machines import at, send, two_machines
from tests.support.patience import until
from tests.support.servers.databases import Server
from tests.support.servers.object_server import ObjectServer

pytestmark = [pytest.mark.faults, pytest.mark.rooms, pytest.mark.slow]


@dataclass
class Machines:
    a: Service
    b: Service

    def both(self) -> tuple[Service, Service]:
        return self.a, self.b


@pytest.fixture
async def machines(tmp_path: Path, server: ObjectServer, database_server: Server) -> AsyncIterator[Machines]:
    shared = {
        **server.environ(keys=False),
        "AMANA_DATABASE": database_server.made().url,
        "AMANA_FIRST_KEYS": str(tmp_path / "first-keys"),
        "AMANA_SECOND_KEYS": str(tmp_path / "second-keys"),
    }
    async with two_machines(tmp_path, shared) as (a, b):
        yield Machines(a, b)


@pytest.fixture
async def prosecutor(machines: Machines) -> AsyncIterator[Visitor]:
    async with invited_prosecutor(machines.a) as prosecutor:
        yield prosecutor


async def test_one_machine_sleeps_and_one_dies_and_there_is_one_ledger_with_everything_in_it(
    machines: Machines, prosecutor: Visitor, film: Film, tmp_path: Path
) -> None:
    a, b = machines.both()
    by_a, by_b = prosecutor, at(prosecutor, b)
    on_a = await Interviewing.open(by_a, film)
    on_b = await Interviewing.open(by_b, film)
    # Whichever machine is asked, the one that records answers.
    on_b.prosecutor = by_a
    for one in (on_a, on_b):
        await one.connect()
        await one.begin()
    parts = [on_a.evidence, on_b.evidence]
    for one in (on_a, on_b):
        await one.recorded(3.0)
    early = checkpoint(a)

    # 1. The first machine sleeps. The second goes on, and so does the first one's interview, there.
    on_b.prosecutor = by_b
    safe, slept = await on_a.safe(3.0), time.time()
    send(a, signal.SIGSTOP)
    going_on = replace(on_a, prosecutor=by_b, room=None)
    await on_b.recorded(time.time() - on_b.epoch + 2.0)
    await silent("a", b)
    await going_on.connect()
    await going_on.begin()
    parts.append(going_on.evidence)
    await going_on.recorded(3.0)
    await asyncio.sleep(max(0.0, slept + float(os.environ.get("SLEEP_SECONDS", "0")) - time.time()))
    send(a, signal.SIGCONT)
    reaches, state = await recorded(by_b, on_a.evidence)
    assert state == "interrupted", "the machine that woke seals what it had, and does not go on with it"
    assert min(reaches.values()) >= safe
    await going_on.recorded(6.0)
    await going_on.stop()
    await on_b.stop()
    await on_a.leave()
    await going_on.leave()
    await on_b.leave()

    # 2. The second machine dies in an interview, and the first goes on with it.
    dying = await Interviewing.open(by_b, film)
    await dying.connect()
    await dying.begin()
    parts.append(dying.evidence)
    safe = await dying.safe(3.0)
    send(b, signal.SIGKILL)
    assert b.process is not None
    await b.process.wait()
    after = replace(dying, prosecutor=by_a, room=None)
    await silent("b", a)
    await after.connect()
    await after.begin()
    parts.append(after.evidence)
    await after.recorded(3.0)
    with attached_center(a.settings) as center:
        told = status.look(center, a.settings)["machines"]
    assert told["known"]["b"]["unfinished"] == 1
    await b.start()
    reaches, state = await recorded(at(prosecutor, b), dying.evidence)
    assert state == "interrupted"
    assert min(reaches.values()) >= safe
    await after.stop()
    await dying.leave()
    await after.leave()

    # 3. One ledger, and all of it proved from either machine.
    for service in machines.both():
        with attached_center(service.settings) as center:
            newest = open_checkpoint(center.ledger.checkpoint(), center.log_keys)
            proof = center.ledger.consistency(early[0], newest.size)
            verify_consistency(*early, newest.size, newest.root, proof)
        assert "LedgerDiverged" not in (service.settings.log / "web.log").read_text()
    with attached_center(b.settings) as center:
        (person,) = find(center, "Prosecutor of the test")
        for number, wanted in enumerate((parts[0:1] + parts[2:3], parts[1:2], parts[3:])):
            await patiently(functools.partial(in_the_copies, center, wanted))
            items, folder = [ItemExtent(part) for part in wanted], tmp_path / f"court-{number}"
            export_package(center, person, items, "hearing", folder, viewing_copies=False)
            states = [part.state for part in verify(FolderSource(folder)).parts]
            assert states == (["complete"] if number == 1 else ["interrupted", "complete"])


async def silent(name: str, seen_by: Service) -> None:
    """Until a machine counts as silent; before that, requests for its interviews are passed on to it."""
    log = seen_by.settings.log / "web.log"
    await until(lambda: f"machine {name} is silent" in log.read_text())


def checkpoint(service: Service) -> tuple[int, bytes]:
    with attached_center(service.settings) as center:
        seen = open_checkpoint(center.ledger.checkpoint(), center.log_keys)
    return seen.size, seen.root


async def in_the_copies(center: Center, wanted: list[str]) -> bool:
    keys = [f"recordings/{part}/manifest" for part in wanted]
    return all(
        key in store.list(key.rpartition("/")[0] + "/") for store in center.stores.values() for key in keys
    )
