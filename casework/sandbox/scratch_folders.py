"""Scratch folders in which packages are assembled in plaintext before they are sealed.

They are on this machine, for its own user alone. Each package has its own folder, removed when it is done. A
killed process leaves folders behind, with testimony in plaintext. So a lock of the operating system holds a
folder as long as its process lives, and `clear` removes folders without a lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "package-"


@contextmanager
def scratch_folder(scratch: Path) -> Iterator[Path]:
    """Make a folder below `scratch`, removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=scratch) as name, _held(Path(name)):
        yield Path(name)


def clear(scratch: Path) -> None:
    """Remove folders of killed processes; folders in use remain."""
    for folder in scratch.glob(f"{_PREFIX}*"):
        with _held(folder) as ours:
            if ours:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Yield whether the folder was free: locked neither by this process nor by another. It is then locked
    until the end of the block, or of the process.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
