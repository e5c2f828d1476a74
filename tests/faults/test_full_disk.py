"""A disk that fills up in the middle of an interview. Mounts a file system of its own, so it needs root."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from tests.faults.proving import recorded, verified
from tests.faults.world import fill
from tests.support.centers.service import Interviewing, Service, patiently

pytestmark = [pytest.mark.faults, pytest.mark.slow]

DISK = 1200  # MiB: room enough to begin, little enough to fill
RESERVE = 8  # MiB, kept for sealing


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, where a service keeps its spool."""
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "the test of a full disk must run as root"
        pytest.skip("mounting a small file system needs root")
    spool = tmp_path / "amana" / "spool"
    spool.mkdir(parents=True)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", spool), check=True)
    yield spool
    subprocess.run(("umount", "-l", spool), check=True)


@pytest.fixture
async def service(tmp_path: Path, small_disk: Path) -> AsyncIterator[Service]:
    async with Service(tmp_path / "amana", {"AMANA_RESERVE_MIB": str(RESERVE)}) as service:
        yield service


async def test_a_full_disk_is_shown_and_everything_until_then_is_sealed(
    service: Service, prosecutor: Visitor, film: Film, small_disk: Path, tmp_path: Path
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    safe = await interviewing.safe(2.0)
    ballast = await asyncio.to_thread(fill, small_disk)

    async def shown() -> bool:
        status = await interviewing.status()
        return status["state"] == "interrupted" and bool(status["losses"])

    await patiently(shown)
    reaches, state = await recorded(prosecutor, interviewing.evidence)
    assert state == "interrupted"
    assert min(reaches.values()) >= safe
    assert ballast.exists()  # sealed out of the reserve, while the disk was still full
    verified(service, [interviewing.evidence], tmp_path)

    ballast.unlink()
    first = interviewing.evidence
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.safe(1.0)
    await interviewing.stop()
    parts = verified(service, [first, interviewing.evidence], tmp_path, "both-parts").parts
    assert [part.state for part in parts] == ["interrupted", "complete"]
    await interviewing.leave()
