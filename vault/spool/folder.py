"""The folder of one evidence item in the spool: its lock, its reserve, and the files beside the segments.

The lock is an flock: the system releases it when its holder ends in any way, so a stale lock cannot remain.
The reserve is disk space allocated when the recording begins, so that it can be sealed when the disk is full.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import threading
from pathlib import Path
from typing import Self

from vault.disk import Disk, replace, set_aside
from vault.errors import ObjectExists, ObjectMissing, SpoolInUse, WriteFailed, write_failure, write_failures
from vault.spool.segments import check_evidence
from vault.spool.writers import item_folder

_FILE = re.compile(r"wrap|escrow|resume|index|manifest|[a-z]+\.json|pending/[0-9]+\.statement")


class SpoolFolder:
    """A folder with its lock held. Calls may come from several threads; they are serialised."""

    def __init__(self, folder: Path, lock: int, disk: Disk) -> None:
        self.folder = folder
        self._lock: int | None = lock
        self._disk = disk
        self._turn = threading.RLock()
        self._lost = False  # its names could not be made durable: no further writes here

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_file(self, name: str, data: bytes) -> None:
        """Write a file beside the segments, durably: `wrap`, `escrow`, `resume`, `index`, `manifest`,
        `<word>.json`, `pending/<number>.statement`.

        Replaces the file of that name atomically. Raises `WriteFailed`, `ValueError` for another name.
        """
        with self._turn:
            self._check_folder()
            path = self._path(name)
            with write_failures(name):
                if not path.parent.is_dir():
                    path.parent.mkdir(mode=0o700)
                    self._disk.sync_directory(self.folder)
            replace(self._disk, path, data)

    def remove_file(self, name: str) -> None:
        """Remove a file that `write_file` wrote (a statement that has reached the ledger)."""
        with self._turn:
            path = self._path(name)
            with write_failures(name):
                self._disk.unlink(path)
                self._disk.sync_directory(path.parent)

    def release_reserve(self) -> None:
        """Free the reserved space on the disk: the recording is about to be sealed."""
        with self._turn:
            with write_failures("reserve"):
                self._disk.unlink(self.folder / "reserve")
            # Some file systems free the space only with the next commit of their journal.
            self._sync_folder()

    def close(self) -> None:
        """Release the reserve and the lock; a second call does nothing."""
        with self._turn:
            if self._lock is None:
                return
            lock, self._lock = self._lock, None
            try:
                with write_failures("reserve"):
                    self._disk.unlink(self.folder / "reserve")
            finally:
                os.close(lock)

    def _check_folder(self) -> None:
        if self._lock is None:
            raise WriteFailed("this spool is closed")
        if self._lost:
            raise WriteFailed("the folder's names could not be made durable: begin a new part elsewhere")

    def _sync_folder(self) -> None:
        try:
            self._disk.sync_directory(self.folder)
        except OSError as error:
            # As with a file, a failed folder sync is not retried, unless the failure was only "no space".
            self._lost = error.errno not in (errno.ENOSPC, errno.EDQUOT)
            raise write_failure(error, "spool folder") from error

    def _path(self, name: str) -> Path:
        if not _FILE.fullmatch(name):
            raise ValueError(f"not a file of a spool: {name!r}")
        return self.folder / name


def make_folder(root: Path, evidence: str, reserve_bytes: int, disk: Disk) -> tuple[Path, int]:
    """Make a folder with its reserve, durable, and take its lock.

    Raises `ObjectExists`, `WriteFailed` (`DiskFull` if there is no room for the reserve); then nothing is
    left behind.
    """
    folder = root / check_evidence(evidence)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise ObjectExists(f"the spool of {evidence} exists") from None
    except OSError as error:
        raise write_failure(error, evidence) from error
    lock = take_lock(folder)
    try:
        set_aside(disk, folder / "reserve", reserve_bytes)
        disk.sync_directory(folder)
        disk.sync_directory(root)
    except OSError as error:
        disk.unlink(folder / "reserve")
        disk.unlink(folder / "lock")
        folder.rmdir()
        os.close(lock)
        raise write_failure(error, "reserve") from error
    return folder, lock


def take_over_folder(root: Path, evidence: str) -> tuple[Path, int]:
    """Open the folder of a writer that has ended, and take its lock.

    Raises `ObjectMissing`, `SpoolInUse`, `WriteFailed`.
    """
    folder = item_folder(root, evidence)
    if not folder.is_dir():
        raise ObjectMissing(f"no spool of {evidence}")
    return folder, take_lock(folder)


def take_lock(folder: Path) -> int:
    """Return a descriptor that holds the lock until it is closed. Raises `SpoolInUse`, `WriteFailed`."""
    with write_failures("lock"):
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SpoolInUse(f"another writer holds {folder.name}") from None
    return descriptor
