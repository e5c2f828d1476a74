"""file: sealing a file of 1 GiB with both digests, against programs that do the same one after the other.

The peers are `sha256sum` of the file, `age` for one X25519 recipient, and `sha256sum` of what it wrote: the
same three things, by good programs, as a script would do them. Ours is one pass
(`vault.sealing.sealed_file`), and its time contains the start of Python and the fsync; the peers sync
nothing. All is in the page cache.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.sections.verify import Timed, row, timed
from bench.tables import Target, table

SIZE = 1 << 30
LIMIT = 1.5
"""Times as fast as the peers, at least."""
BLOCK = 1 << 22


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and say which targets are met."""
    rounds, size = (2, SIZE // 8) if quick else (7, SIZE)
    source, sealed, aged = folder / "file", folder / "file.sealed", folder / "file.age"
    await asyncio.to_thread(_make, source, size)
    recipient = await asyncio.to_thread(_recipient)
    ours: list[Timed] = []
    peers: dict[str, list[Timed]] = {"sha256sum": [], "age": [], "sha256sum of that": []}
    for number in range(rounds + 1):
        found = await timed(sys.executable, "-m", "bench.sealing_file", str(source), str(sealed))
        theirs = {
            "sha256sum": await timed("sha256sum", str(source)),
            "age": await timed("age", "-r", recipient, "-o", str(aged), str(source)),
            "sha256sum of that": await timed("sha256sum", str(aged)),
        }
        for left in (sealed, aged):
            left.unlink()
        if number:  # the first round fills the page cache
            ours.append(found)
            for name, one in theirs.items():
                peers[name].append(one)
    source.unlink()
    together = [
        (sum(wall for wall, _ in turn), sum(cpu for _, cpu in turn))
        for turn in zip(*peers.values(), strict=True)
    ]
    table(
        f"Sealing {size / 2**30:g} GiB with both digests; median (least–most) of {rounds}",
        ("", "seconds", "CPU seconds", "× the three", "× their CPU"),
        [
            *(row(name, one) for name, one in peers.items()),
            row("the three, one after the other", together),
            row("Amana, in one pass, and synced", ours, together),
        ],
    )
    times = median(peer[0] / own[0] for own, peer in zip(ours, together, strict=True))
    return [Target("sealing a file, times as fast as the three programs", times, LIMIT, at_least=True)]


def _make(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for _ in range(size // BLOCK):
            file.write(secrets.token_bytes(BLOCK))


def _recipient() -> str:
    """A new X25519 recipient; nobody will open anything."""
    made = subprocess.run(("age-keygen",), capture_output=True, text=True, check=True)
    [line] = [line for line in made.stdout.splitlines() if line.startswith("# public key: ")]
    return line.removeprefix("# public key: ")
