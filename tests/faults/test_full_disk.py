"""A disk that fills up in the middle of an interview. Mounts a file system of its own, so it needs root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from amana.rehearsal import Film
from amana.visitor import Visitor
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, patiently

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]

DISK = 1200  # MiB: room enough to begin, little enough to fill
RESERVE = 8  # MiB, kept for sealing
SHOWN_WITHIN = 2.0  # seconds


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
    service = Service(tmp_path / "amana", {"AMANA_RESERVE_MIB": str(RESERVE)})
    await service.start()
    yield service
    await service.stop()


async def test_a_full_disk_is_shown_at_once_and_everything_until_then_is_sealed(
    service: Service, prosecutor: Visitor, film: Film, small_disk: Path, tmp_path: Path
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(4.0)
    ballast = small_disk / "ballast"
    filling_at = time.time()
    _fill(ballast)

    async def shown() -> bool:
        status = await interviewing.status()
        return status["state"] == "interrupted" and bool(status["losses"])

    # A write that comes to a full disk is at most a fragment away; then the console must say so.
    await patiently(shown, 1.5 + SHOWN_WITHIN)
    reaches, state = await recorded(prosecutor, interviewing.evidence)
    assert state == "interrupted"
    assert min(reaches.values()) >= filling_at - interviewing.epoch - 2.0
    assert ballast.exists()  # sealed out of the reserve, while the disk was still full
    verified(service, [interviewing.evidence], tmp_path)

    ballast.unlink()
    first = interviewing.evidence
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(2.0)
    await interviewing.stop()
    parts = verified(service, [first, interviewing.evidence], tmp_path, "both-parts").parts
    assert [part.state for part in parts] == ["interrupted", "complete"]
    await interviewing.leave()


def _fill(file: Path) -> None:
    size = shutil.disk_usage(file.parent).free
    with file.open("wb") as opened:
        for block in (2**20, 4096):  # the recorder takes space meanwhile: go on until there is none
            with contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(opened.fileno(), opened.tell(), size)
                    opened.seek(size, os.SEEK_CUR)
                    size = block
