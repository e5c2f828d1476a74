"""One of two machines is lost, and a fresh one gets its keys and its name; then the lost one reappears.

What must hold: the new machine goes on with everything acknowledged, in one ledger; the old one is refused,
and does nothing more.
"""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest

from amana.centers import attached_center
from amana.demo.simulated_room import Film
from casework.database.models import Case
from tests.faults.lost import amana, in_the_copies
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.centers.two_machines import at, machine, send, shared_places, two_machines
from tests.support.patience import until
from tests.support.servers.databases import Server

pytestmark = [pytest.mark.faults, pytest.mark.rooms]


def log(service: Service) -> str:
    return (service.settings.log / "web.log").read_text()


async def silent(service: Service) -> None:
    """Nobody gets an answer from this machine."""

    async def refuses() -> bool:
        async with httpx.AsyncClient(base_url=f"http://localhost:{service.port}", timeout=2.0) as stranger:
            try:
                await stranger.get("/healthz")
            except httpx.HTTPError:
                return True
        return False

    await patiently(refuses)


async def test_a_fresh_machine_goes_on_and_the_one_that_it_replaced_is_refused(
    database_server: Server, film: Film, tmp_path: Path
) -> None:
    shared = {"AMANA_DATABASE": database_server.made().url, **shared_places(tmp_path)}
    async with two_machines(tmp_path, shared) as (a, b), invited_prosecutor(a) as prosecutor:
        interviewing = await Interviewing.open(prosecutor, film)
        await interviewing.connect()
        await interviewing.begin()
        await interviewing.recorded(2.0)
        await interviewing.stop()
        await interviewing.leave()
        reached = await recorded(prosecutor, interviewing.evidence)
        code, said = await amana(a, "backup", "--keys", str(tmp_path / "offline"))
        assert code == 0, said
        case = await prosecutor.open_case()  # after the backup of the keys
        await prosecutor.record_consent(case)
        await in_the_copies(a)
        with attached_center(b.settings) as center:
            size, root = center.ledger.size, center.ledger.root(center.ledger.size)
        send(a, signal.SIGSTOP)  # as if it were gone

        fresh = machine(tmp_path / "fresh", "a", shared)
        [offline] = (tmp_path / "offline").iterdir()
        code, said = await amana(fresh, "restore", str(offline))
        assert code == 0, said
        async with fresh:
            here = at(prosecutor, fresh)
            assert await recorded(here, interviewing.evidence) == reached
            await here.record_consent(case)
            assert verified(fresh, [interviewing.evidence], tmp_path).parts[0].state == "complete"

            send(a, signal.SIGCONT)
            await until(lambda: "another machine has this one's name: this process ends" in log(a))
            await silent(a)
            await until(lambda: "Refused: another machine of this center is named a too" in log(a))
            await here.record_consent(await here.open_case())
            code, said = await amana(b, "nodes", "list")
            assert (code, said.count("last heard")) == (0, 2)
            with attached_center(b.settings) as center:
                assert center.ledger.size > size
                assert center.ledger.root(size) == root
                assert center.database.get(Case, case) is not None
