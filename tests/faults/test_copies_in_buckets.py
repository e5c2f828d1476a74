"""The whole service with both copies in buckets of a real server, of two users; then one of them is lost."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from amana.centers import attached_center
from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from amana.health import status
from amana.settings import Settings
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, patiently
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.object_server import ObjectServer
from vault.spool.reader import SpoolReader
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def proxy(server: ObjectServer) -> Iterator[FaultProxy]:
    """In front of the second copy."""
    proxy = FaultProxy(server.ceph.port, server.second)
    yield proxy
    proxy.stop()


@pytest.fixture
async def service(tmp_path: Path, server: ObjectServer, proxy: FaultProxy) -> AsyncIterator[Service]:
    first, second = server.new_bucket(server.first), server.new_bucket(server.second)
    environ = {
        "AMANA_FIRST_COPY": f"{server.address(first.name)}?lock=required",
        "AMANA_FIRST_COPY_CREDENTIALS": str(first.credentials),
        "AMANA_SECOND_COPY": f"http://127.0.0.1:{proxy.port}/{second.name}?lock=required",
        "AMANA_SECOND_COPY_CREDENTIALS": str(second.credentials),
    }
    async with Service(tmp_path / "amana", environ) as service:
        yield service


def stores(settings: Settings) -> list[S3Store]:
    """Seen from outside of the service."""
    return [S3Store(place) for place in settings.copies.values() if isinstance(place, Bucket)]


async def test_a_recording_is_in_two_buckets_and_either_of_them_is_enough(
    service: Service,
    prosecutor: Visitor,
    film: Film,
    server: ObjectServer,
    proxy: FaultProxy,
    tmp_path: Path,
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    made = proxy.made
    for method in ("PUT", "GET", "HEAD"):
        proxy.always(method, "slow")
    await interviewing.begin()
    safe = await interviewing.safe(3.0)
    await interviewing.stop()  # recorded and sealed, however slow a copy is

    async def met() -> bool:
        return proxy.made > made

    await patiently(met)
    for method in ("PUT", "GET", "HEAD"):
        proxy.always(method, None)
    await interviewing.leave()
    evidence = interviewing.evidence
    first, second = stores(service.settings)

    async def copied() -> bool:
        keys = [list(store.list(f"recordings/{evidence}/")) for store in (first, second)]
        return keys[0] == keys[1] and f"recordings/{evidence}/manifest" in keys[0]

    await patiently(copied)
    for key in first.list(f"recordings/{evidence}/"):
        assert first.head(key).sha256 == second.head(key).sha256, "and each is locked, or head would say so"
    with attached_center(service.settings) as center:
        seen = status.look(center, service.settings)["stores"]
    assert [(one["write_once"], one["missing"]) for one in seen.values()] == [(True, [])] * 2

    await service.stop()
    shutil.rmtree(SpoolReader(service.settings.spool, evidence).folder)
    await service.start()

    proxy.always("GET", "bytes-altered")
    report = verified(service, [evidence], tmp_path, "from-the-first")
    assert [part.state for part in report.parts] == ["complete"]
    reaches, state = await recorded(prosecutor, evidence)
    assert (min(reaches.values()) >= safe, state) == (True, "complete")
    proxy.always("GET", None)

    server.ceph.admin("user", "suspend", "--uid=first")
    try:
        await service.stop()
        await service.start()
        assert "The first-copy does not answer" in service.said
        assert "second-copy" not in service.said
        report = verified(service, [evidence], tmp_path, "from-the-second")
        assert [part.state for part in report.parts] == ["complete"]
        assert (await recorded(prosecutor, evidence))[1] == "complete"
        with attached_center(service.settings) as center:
            part = status.look(center, service.settings)["stores"]["first-copy"]
        assert part["error"] == "StoreRefused"
        assert "disabled" in part["why"]
    finally:
        server.ceph.admin("user", "enable", "--uid=first")
