"""Where packages are put together in clear before they are sealed: on this machine, for its own user alone.

Each maker has a folder there that goes when it is done. One that was killed leaves its folder behind, and in
it testimony in clear; so a folder is held by a lock of the operating system for as long as its maker lives,
and `clear` removes what nobody holds.
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
    """Remove what makers left that were killed; what is being made now stays."""
    for folder in scratch.glob(f"{_PREFIX}*"):
        with _held(folder) as ours:
            if ours:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds the folder; it is held until the end of the block, or of the process."""
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
