"""scrub: reading one hour in a copy again, against `sha256sum` over the same files.

Both read from the page cache, alternately. A scrub also compares every record with the index, computes the
CRC-32 of every frame, rebuilds the recording's tree and checks the manifest; its time includes the start of
Python. With one thread it takes as long as a background thread of the service; `amana scrub` uses two.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from statistics import median

from bench.center import Center
from bench.hour import record_hour
from bench.sections.verify import Timed, ratios, row, timed
from bench.tables import Target, table
from vault.spool.reader import SpoolReader
from vault.spool.segments import encode_frame, file_key, segment_key
from vault.stores.filesystem import FilesystemStore

LIMIT = 1.2
"""Maximum time, in multiples of sha256sum's."""
FRAMES = 30
"""Frames in a segment: three tracks, ten seconds."""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    rounds = 2 if quick else 7
    center = Center(folder / "scrub")
    hour = await record_hour(center)
    reader = SpoolReader(center.spool, hour.evidence)
    store = FilesystemStore.create(folder / "copy")
    sizes = await asyncio.to_thread(_carry, store, reader, hour.evidence)
    manifest, wrap = (sha256(reader.file(name)).hexdigest() for name in ("manifest", "wrap"))
    shutil.rmtree(center.folder)
    files = [str(path) for path in sorted((folder / "copy" / "objects").rglob("*")) if path.is_file()]
    size = sum(map(os.path.getsize, files))

    def reading(workers: int) -> tuple[str, ...]:
        arguments = (str(folder / "copy"), hour.evidence, manifest, wrap, str(workers), *map(str, sizes))
        return (sys.executable, "-m", "bench.reading", *arguments)

    commands = {"sha256sum": ("sha256sum", *files), "one": reading(1), "two": reading(2)}
    figures: dict[str, list[Timed]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            found = await timed(*command)
            if number:  # the first round fills the page cache
                figures[name].append(found)
    shutil.rmtree(folder / "copy")
    peers = figures["sha256sum"]
    table(
        f"Reading one hour again: {hour.records} records in {len(sizes)} segments, {size / 1e9:.2f} GB, "
        f"all in the page cache; median (least–most) of {rounds}",
        ("", "seconds", "CPU seconds", "× sha256sum", "× its CPU"),
        [
            row("sha256sum", peers),
            row("scrub, two threads", figures["two"], peers),
            row("scrub, one thread", figures["one"], peers),
        ],
    )
    ratio = median(ratios(figures["two"], peers))
    return [Target("a scrub, times sha256sum", ratio, LIMIT, unit="×")]


def _carry(store: FilesystemStore, reader: SpoolReader, evidence: str) -> list[int]:
    """Put the hour into a copy, in segments as long as an interview's; return the bytes of each.

    The hour was recorded within seconds, so its segments in the spool have 64 MiB; those of an interview have
    ten seconds.
    """
    for name in ("index", "manifest"):
        store.put(file_key(evidence, name), reader.file(name))
    frames = [encode_frame(frame.record, frame.message) for _, frame in reader.frames()]
    sizes = []
    for number, start in enumerate(range(0, len(frames), FRAMES), 1):
        data = b"".join(frames[start : start + FRAMES])
        store.put(segment_key(evidence, number), data)
        sizes.append(len(data))
    return sizes
