"""Folders in the spool for one writing process each, so that a process can be confined to its own items.

    <root>/<evidence>/                      an item
    <root>/writers/<writer>/<evidence>/     an item of one writer; its folder is a spool root of its own
    <root>/writers/<writer>/lock            held by all processes that need this folder

A writer gets its folder as its spool root, and needs nothing above it. Readers of the whole spool find its
items by their ids (`vault.spool.reader`). A folder without items is removed once no process holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.disk import DISK, make_directory
from vault.errors import write_failures
from vault.spool.segments import check_evidence

FOLDER = "writers"
_LOCK = "lock"


def writer_folder(root: Path, writer: str) -> Path:
    """Return the folder of a writer (32 lower-case hex digits). Raises `ValueError` for another name."""
    return root / FOLDER / check_evidence(writer)


def spool_roots(root: Path) -> list[Path]:
    """Return every folder that has items: the spool's own, and those of its writers, in order."""
    return [root, *_writers(root)]


def item_folder(root: Path, evidence: str) -> Path:
    """Return the folder of an item, wherever in the spool it is; directly in `root` if there is none.

    Raises `ValueError` if `evidence` is no evidence id.
    """
    own = root / check_evidence(evidence)
    if own.is_dir():
        return own
    return next((folder / evidence for folder in _writers(root) if (folder / evidence).is_dir()), own)


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Make a writer's folder if there is none, durably, and hold it until the end of the block.

    Several may hold it at the same time. Raises `WriteFailed`.
    """
    descriptor = _held(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def hold(folder: Path) -> None:
    """Hold a writer's folder, which exists, until this process ends. Raises `WriteFailed`."""
    _held(folder)


def clear(root: Path) -> None:
    """Remove the folders of writers that have no items and that no process holds."""
    for folder in _writers(root):
        with contextlib.suppress(OSError):
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for inside in folder.iterdir():
                    if inside.is_dir():
                        with contextlib.suppress(OSError):
                            inside.rmdir()  # an area without items; an item is never empty
                if [path.name for path in folder.iterdir()] == [_LOCK]:
                    (folder / _LOCK).unlink()
                    folder.rmdir()
            finally:
                os.close(lock)


def _writers(root: Path) -> list[Path]:
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in (root / FOLDER).iterdir():
            with contextlib.suppress(ValueError):
                found.append(path.with_name(check_evidence(path.name)))
    return sorted(found)


def _held(folder: Path) -> int:
    """Return a descriptor with the shared lock of the file that has the lock's name now."""
    while True:
        with write_failures(f"{folder.name}/{_LOCK}"):
            if not folder.is_dir():
                make_directory(DISK, folder.parent, FOLDER)
                make_directory(DISK, folder, folder.name)
            try:
                descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                continue  # `clear` has just removed the folder
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat()):
                    return descriptor
            os.close(descriptor)
