"""The kind of disk of a folder, and the time of its durable writes.

Source: proc_pid_mountinfo(5), fsync(2).
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
"""File systems that are empty after a power cut."""
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs", "fuse.rclone"})
"""File systems on another machine, or without the guarantees of a local one."""
WRITES, WRITTEN = 20, 64 * 1024
"""How often `sync_milliseconds` writes, and how many bytes."""


@dataclass(frozen=True)
class SyncTimes:
    """Milliseconds from a write until the system reports it as durable."""

    median: float
    worst: float


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def file_system(folder: Path, mounts: str | None = None) -> str:
    """Return the type of the file system of an existing folder, such as `ext4`. `mounts`: mountinfo."""
    place = Path(os.path.realpath(folder))
    found, kind = Path(), ""
    for line in (MOUNTS.read_text() if mounts is None else mounts).splitlines():
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4]))
        # Of two mounts at one place the later one hides the earlier one.
        if place.is_relative_to(point) and len(point.parts) >= len(found.parts):
            found, kind = point, after.split()[0]
    return kind


def sync_times(folder: Path) -> SyncTimes:
    """Write a file into the folder `WRITES` times, wait for the disk each time, and remove it.

    Raises `OSError`.
    """
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(WRITES):
            began = time.perf_counter()
            file.write(os.urandom(WRITTEN))
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return SyncTimes(statistics.median(times), max(times))
