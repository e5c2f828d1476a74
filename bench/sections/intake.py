"""intake: a file from outside into a running center, by `amana intake` and the link of a request.

The peer only keeps such a file: it copies it to the same disk, flushes it, and computes its
SHA-256. Intake reads the file twice (its SHA-256, then to send it), seals every piece under a key of its own
file, makes it durable before it is acknowledged, and computes two digests of each piece. The memory is the
most that the web process had, above what it had before.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.tables import Target, spread, table
from tests.support.centers.running_center import RunningCenter

BYTES = 2 * 1024**3
"""Size of the file."""
LEAST = 0.6
"""Minimum of the peer's speed."""
MEMORY = 300
"""Maximum MB above idle."""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    return await asyncio.to_thread(_measure, folder, BYTES // 8 if quick else BYTES, 1 if quick else 3)


def _measure(folder: Path, size: int, rounds: int) -> list[Target]:
    file = folder / "received.bin"
    center = RunningCenter(folder / "center")
    try:
        link = _link(center)
        before = _memory(center)
        copies: list[float] = []
        intakes: list[float] = []
        for _ in range(rounds):
            _write(file, size)  # each time another one: the center would know the same one
            copied, digest = _timed(lambda: _copied(file, folder / "copy.bin"))
            taken, sealed = _timed(lambda: _taken(link, file))
            if sealed != digest:
                raise RuntimeError("another file was sealed")
            copies.append(copied)
            intakes.append(taken)
        grown = _memory(center) - before
    finally:
        center.stop()
    speed = min(copies) / min(intakes)
    table(
        f"A file of {size // 10**6} MB; seconds, median (least–most) of {rounds}",
        ("", "seconds", "MB/s"),
        [
            (name, spread(found, 1), f"{size / 1e6 / min(found):.0f}")
            for name, found in (("cp, sync and sha256sum", copies), ("amana intake, sealed", intakes))
        ],
    )
    return [
        Target("intake, of the speed of cp and sha256sum", speed, LEAST, at_least=True),
        Target("memory of the web process, above idle", grown, MEMORY, unit=" MB"),
    ]


def _link(center: RunningCenter) -> str:
    case = str(center.prosecutor.post("/cases").url).rsplit("/", 1)[1]
    until = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    form = {"giver": "A company", "source": "organisation", "until": until, "most": "1000"}
    made = center.prosecutor.post(f"/cases/{case}/requests", data=form).text
    return re.findall(r"https?://[^\s\"]+/give#[\w-]{43}", made)[0]


def _memory(center: RunningCenter) -> float:
    """The most memory that the web process has had, MB."""
    status = Path(f"/proc/{center.pid('web')}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1000


def _write(file: Path, size: int) -> None:
    block = os.urandom(1024 * 1024)
    with file.open("wb") as target:
        for _ in range(size // len(block)):
            target.write(block)
        os.fsync(target.fileno())


def _copied(file: Path, copy: Path) -> str:
    """Return the digest of the copy."""
    subprocess.run(["cp", file, copy], check=True)
    subprocess.run(["sync", copy], check=True)
    told = subprocess.run(["sha256sum", copy], check=True, capture_output=True, text=True).stdout
    copy.unlink()
    return told.split()[0]


def _taken(link: str, file: Path) -> str:
    """Return the digest of what was sealed."""
    command = [sys.executable, "-m", "amana", "intake", link, str(file), "--giver", "Person C"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return told.splitlines()[-1].split()[0]


def _timed(work: Callable[[], str]) -> tuple[float, str]:
    began = time.perf_counter()
    digest = work()
    return time.perf_counter() - began, digest
