"""sandbox: time to start a decoder in its sandbox, against the same program without one.

The program is an empty Python module, so only starts are measured. The two alternate.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.tables import Target, spread, table
from casework.sandbox import child_process
from casework.sandbox.child_process import in_memory
from casework.sandbox.self_check import WITHIN, WORK

LIMIT = 0.1
"""Maximum seconds."""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    rounds = 5 if quick else 40
    child_process.begin()
    bare, confined = await asyncio.to_thread(_measured, rounds)
    table(
        f"Start of a decoder until it has ended, seconds; median (least–most) of {rounds}",
        ("", "seconds"),
        [("without a sandbox", spread(bare, 3)), ("in its sandbox", spread(confined, 3))],
    )
    differences = [one - other for one, other in zip(confined, bare, strict=True)]
    return [Target("what the sandbox adds to a decoder's start", median(differences), LIMIT, unit=" s")]


def _measured(rounds: int) -> tuple[list[float], list[float]]:
    bare, confined = [], []
    for number in range(rounds + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-m", str(WORK.module)], check=True)
        between = time.perf_counter()
        with in_memory() as given, in_memory() as answered:
            code = child_process.run(WORK, given=given, answered=answered, seconds=WITHIN)
        ended = time.perf_counter()
        if code != 0:
            raise RuntimeError(f"an empty child ended with {code}")
        if number:  # the first round fills the page cache
            bare.append(between - begun)
            confined.append(ended - between)
    return bare, confined
