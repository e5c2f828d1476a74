"""verify: proving a court package of one hour, against `sha256sum` reading the same bytes.

Both read the whole folder from the page cache, in turns. `sha256sum` is the least that any check must do; the
verifier also hashes every record, rebuilds the tree, and checks statements, proofs and signatures.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path
from statistics import median

from bench.center import Center
from bench.hour import record_hour
from bench.tables import Target, spread, table


async def timed(*command: str, expected: int = 0) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a command. Raises `RuntimeError` if it ends otherwise."""
    used, before = os.times(), time.monotonic()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    code = await process.wait()
    passed, now = time.monotonic() - before, os.times()
    if code != expected:
        raise RuntimeError(f"{command[0]} ended with {code}")
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return passed, cpu


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and say which targets are met."""
    rounds = 2 if quick else 7
    center = Center(folder / "verify")
    hour = await record_hour(center)
    court = await asyncio.to_thread(center.export, hour.interview, hour.evidence, folder / "court")
    shutil.rmtree(center.folder)
    policy = folder / "policy"
    policy.write_bytes(center.policy.data)
    paths = [path for path in court.rglob("*") if path.is_file()]
    files, size = [str(path) for path in paths], sum(path.stat().st_size for path in paths)
    sums: list[tuple[float, float]] = []
    proofs: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        summed = await timed("sha256sum", *files)
        proved = await timed(
            sys.executable, "-m", "chain_of_custody", "verify", str(court), "--policy", str(policy)
        )
        if number:  # the first round fills the page cache
            sums.append(summed)
            proofs.append(proved)
    shutil.rmtree(court)
    ratios = [proved[0] / summed[0] for proved, summed in zip(proofs, sums, strict=True)]
    work = [proved[1] / summed[1] for proved, summed in zip(proofs, sums, strict=True)]
    table(
        f"Proving one hour: {hour.records} records, {len(files)} files, {size / 1e9:.2f} GB, all in the page "
        f"cache; median (least–most) of {rounds}",
        ("", "seconds", "CPU seconds", "× sha256sum", "× its CPU"),
        [
            ("sha256sum", spread([one[0] for one in sums]), spread([one[1] for one in sums]), "1.00", "1.00"),
            (
                "python -m chain_of_custody verify",
                spread([one[0] for one in proofs]),
                spread([one[1] for one in proofs]),
                spread(ratios),
                spread(work),
            ),
        ],
    )
    return [Target("verification, times sha256sum on the same bytes", median(ratios), 1.5, unit="×")]
