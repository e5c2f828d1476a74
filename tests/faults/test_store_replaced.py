"""One of two object stores is gone for good, with a copy of the media and of the wrapped keys; an empty one
replaces it.

What must hold: the operator is told; work goes on meanwhile; the new store gets everything, under locks and
holds; and it alone is then enough.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from amana.centers import attached_center
from amana.demo.simulated_room import Film
from amana.settings import Settings
from casework.database.models import Evidence, HoldStanding
from tests.faults.lost import amana, in_the_copies
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.servers.object_server import ObjectServer
from vault.spool.reader import SpoolReader
from vault.stores.bucket_address import Bucket
from vault.stores.s3_client import Connection, ObjectHead

pytestmark = [pytest.mark.faults, pytest.mark.rooms]


def second_of(server: ObjectServer) -> dict[str, str]:
    """The settings of a second store there."""
    return {name: value for name, value in server.environ().items() if name.startswith("AMANA_SECOND_")}


def heads(settings: Settings, copy: str, prefix: str) -> dict[str, ObjectHead]:
    """What the server says of the objects below a prefix."""
    place = {**settings.copies, **settings.key_stores}[copy]
    assert isinstance(place, Bucket)
    connection = Connection(place)
    return {one.key: connection.head(one.key, one.version) for one in connection.versions(prefix)}


async def made(service: Service, copy: str) -> bool:
    """Whether the empty copy is made; a busy store may have failed, and says so."""
    code, said = await amana(service, "make-copy", copy)
    if code != 0:
        assert "a later attempt may succeed" in said, said
        return False
    assert "write-once" in said, said
    return True


async def test_an_empty_store_in_the_place_of_a_lost_one_gets_everything_and_is_then_enough(
    server: ObjectServer, own_server: Callable[[], ObjectServer], film: Film, tmp_path: Path
) -> None:
    lost = own_server()
    environ = {**server.environ(), **second_of(lost), "AMANA_SCRUB_DAYS": "0"}
    service = Service(tmp_path / "amana", environ)
    async with service, invited_prosecutor(service) as prosecutor:
        interviewing = await Interviewing.open(prosecutor, film)
        await interviewing.connect()
        await interviewing.begin()
        await interviewing.recorded(2.0)
        await interviewing.stop()
        await interviewing.leave()
        evidence = interviewing.evidence
        reached = await recorded(prosecutor, evidence)
        reason = ("--reason", "appeal", "--reference", "Appeal 7/2026", "--as", "Prosecutor of the test")
        with attached_center(service.settings) as center:
            case = center.database.get_one(Evidence, evidence).case_id
        code, said = await amana(service, "hold", "place", case, *reason)
        assert code == 0, said
        await in_the_copies(service)

        lost.ceph.stop()
        await prosecutor.record_consent(await prosecutor.open_case())

        async def told() -> bool:
            code, said = await amana(service, "status")
            assert code == 1
            away = re.search("CHECK second-copy +StoreUnavailable", said)
            return bool(away) and "it does not answer, since" in said

        await patiently(told)

        # The new one has another address; the service is started anew with it.
        service.environ = {**environ, **second_of(server)}
        await service.stop()
        await service.start()
        for name in ("second-copy", "second-keys"):
            await patiently(functools.partial(made, service, name))
            code, said = await amana(service, "scrub", "--copy", name)
            assert code == 0, said
        await in_the_copies(service)
        with attached_center(service.settings) as center, center.database.begin() as session:
            session.execute(update(HoldStanding).values(at=datetime.now(UTC) - timedelta(hours=2)))

        # Without the first, and without what this machine still has.
        await service.stop()
        shutil.rmtree(SpoolReader(service.settings.spool, evidence).folder)
        for user in (server.first, server.keys[0]):
            server.ceph.admin("user", "suspend", f"--uid={user.name}")
        try:
            await service.start()
            assert verified(service, [evidence], tmp_path).parts[0].state == "complete"
            assert await recorded(prosecutor, evidence) == reached
        finally:
            for user in (server.first, server.keys[0]):
                server.ceph.admin("user", "enable", f"--uid={user.name}")

        for kind, prefix in (("copy", f"recordings/{evidence}/"), ("keys", f"wraps/{evidence}/")):
            before, after = (
                heads(service.settings, f"{which}-{kind}", prefix) for which in ("first", "second")
            )
            assert {key: one.sha256 for key, one in before.items()} == {
                key: one.sha256 for key, one in after.items()
            }
            assert after

            async def held(kind: str = kind, prefix: str = prefix) -> bool:
                return all(one.held for one in heads(service.settings, f"second-{kind}", prefix).values())

            await patiently(held)
            for one in after.values():
                assert one.locked
                assert one.until is not None
                assert one.until > datetime.now(UTC) + timedelta(days=89)
