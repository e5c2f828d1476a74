"""A machine is gone with everything on it. What is left: the buckets, and the keys in another place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from tests.faults.lost import amana, in_the_copies, lose
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, patiently
from tests.support.servers.object_server import ObjectServer

# `test_two_shares` shows the same after a loss of the keys, too.
pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.repeats]


@pytest.fixture
async def service(tmp_path: Path, server: ObjectServer) -> AsyncIterator[Service]:
    async with Service(tmp_path / "amana", server.environ()) as service:
        yield service


async def test_from_an_empty_machine_everything_verifies_and_plays_and_the_ledger_goes_on(
    service: Service, prosecutor: Visitor, film: Film, tmp_path: Path
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(4.0)
    await interviewing.stop()
    await interviewing.leave()
    evidence = interviewing.evidence
    reached = await recorded(prosecutor, evidence)

    async def copied() -> bool:
        with attached_center(service.settings) as center:
            return all(
                f"recordings/{evidence}/manifest" in store.list(f"recordings/{evidence}/")
                for store in center.stores.values()
            )

    await patiently(copied)
    await in_the_copies(service)
    with attached_center(service.settings) as center:
        size, root = center.ledger.size, center.ledger.root(center.ledger.size)
    code, said = await amana(service, "backup", "--keys", str(tmp_path / "offline"))
    assert code == 0, said

    await lose(service)
    [offline] = (tmp_path / "offline").iterdir()
    code, said = await amana(service, "restore", str(offline))
    assert code == 0, said
    code, said = await amana(service, "rebuild")
    assert code == 0, said
    assert f"{size} statements, each proved by two signatures" in said
    assert "LOST" not in said
    code, said = await amana(service, "rebuild")
    assert (code, "not empty" in said) == (2, True)

    await service.start()
    _, link = await amana(service, "link", "Prosecutor of the test")
    async with await Visitor.arrive(link.split()[-1]) as again:
        assert await recorded(again, evidence) == reached
        report = verified(service, [evidence], tmp_path)
        assert [part.state for part in report.parts] == ["complete"]
        following = await Interviewing.open(again, film)
        await following.connect()
        await following.begin()
        await following.recorded(2.0)
        await following.stop()
        await following.leave()
        assert (await recorded(again, following.evidence))[1] == "complete"
    await in_the_copies(service)
    with attached_center(service.settings) as center:
        assert center.ledger.size > size
        assert center.ledger.root(size) == root
