"""A file of many GB is received from outside while an interview with two cameras is recorded.

    python -m bench.large_file [--gigabytes 20] [--folder DIR]

`amana serve` on its embedded defaults, in a folder on a disk with room for three times the file (spool, two
copies). The cameras are those of `bench.soak`. `amana intake` sends a file of zeros by the link of a
request. Each process of the service is sampled every five seconds. Afterwards:

- the receipt has the SHA-256 of that file;
- no process had more than `MEMORY` MiB above what it had at first;
- nothing of the interview is lost, and the court's verifier accepts it from either copy.

The exit code is 1 if one of these fails.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from amana.intake.client import digest_of
from bench.processes import LineProcess
from bench.soak import Soak
from bench.tables import table
from tests.support.centers.service import Service

MEMORY = 300.0
"""MiB above idle."""
_MIB = 2**20


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Soak]:
    """Start the service and the cameras; end both afterwards."""
    service = Service(folder / "amana")
    sender = None
    try:
        await service.start()
        sender = await LineProcess.start(
            sys.executable, "-m", "bench.replay", folder=folder, log=folder / "log"
        )
        soak = Soak(service, sender, rooms=1)
        try:
            yield soak
        finally:
            await soak.end()
    finally:
        if sender is not None:
            await sender.end()
        await service.stop()


async def run(folder: Path, size: int) -> int:
    """Run all of it with a file of `size` bytes; return the exit code."""
    file = folder / "received.bin"
    with file.open("wb") as target:
        target.truncate(size)
    expected, _ = await asyncio.to_thread(digest_of, file)
    async with running(folder) as soak:
        await soak.begin()
        link = await soak.request_files(size // 10**9 + 1)
        began = time.monotonic()
        sending = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "amana", "intake", link, str(file), "--giver", "Person C"),
            stdout=asyncio.subprocess.PIPE,
        )
        ended = asyncio.ensure_future(sending.communicate())
        samples = await soak.hold(lambda _: ended.done())
        took = time.monotonic() - began
        receipt, _ = await ended
        lost = await soak.check(await soak.seal(), folder)
    memory = {
        name: [(one.pss / _MIB) for one in taken] for name, taken in samples.taken.items() if len(taken) > 2
    }
    table(
        f"{size / 1e9:g} GB in {took:.0f} s ({size / 1e6 / took:.0f} MB/s); memory (PSS), MiB",
        ("process", "at first", "at most"),
        [(name, f"{found[0]:.0f}", f"{max(found):.0f}") for name, found in sorted(memory.items())],
    )
    troubles = [f"{where}: {count} lost" for where, count in lost.items() if count]
    troubles += [
        f"{name} had {max(found) - found[0]:.0f} MiB more than at first"
        for name, found in memory.items()
        if max(found) - found[0] > MEMORY
    ]
    if receipt.decode().splitlines()[-1].split()[0] != expected:
        troubles.append("the receipt names another digest")
    for trouble in troubles:
        print(f"  NOT WELL: {trouble}")
    if not troubles:
        print("  nothing of the interview lost; the digest on the receipt is that of the file")
    return 1 if troubles else 0


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        "python -m bench.large_file", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where to work, on a real disk")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)  # no warning that the spool, left out on purpose, is missing
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="large-", dir=chosen.folder.resolve()))
    try:
        return asyncio.run(run(folder, int(chosen.gigabytes * 10**9)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
