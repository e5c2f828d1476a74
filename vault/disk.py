"""The system calls that make bytes durable, in one object, so that tests can inject a failing disk.

Everything that must survive a power cut goes through here. A file is durable after `sync_data` (or `sync`)
*and* one sync of its folder after the name was made or changed.

A failed fsync is final for that file. The kernel may report the error once, mark the pages clean and drop
them: the next fsync on the same file then succeeds over data that never reached the disk, as
PostgreSQL found in 2018 (https://wiki.postgresql.org/wiki/Fsync_Errors). So no code here calls fsync again
on a file after a failure; bytes that must be preserved are written to a new file.
"""

from __future__ import annotations

import os
from pathlib import Path

from vault.errors import write_failures


class Disk:
    """The real disk. Methods raise `OSError` as the system does."""

    def create(self, path: Path, mode: int = 0o600) -> int:
        """Return a descriptor for a new file, opened for appending; an existing one is an error."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, mode)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Make one write call; return how many bytes it wrote."""
        return os.write(descriptor, data)

    def sync_data(self, descriptor: int) -> None:
        """Flush the contents and size of the file to the disk."""
        os.fdatasync(descriptor)

    def sync(self, descriptor: int) -> None:
        """Flush the contents and all attributes of the file to the disk."""
        os.fsync(descriptor)

    def allocate(self, descriptor: int, size: int) -> None:
        """Allocate `size` bytes of disk space for the file; not sparse."""
        os.posix_fallocate(descriptor, 0, size)

    def rename(self, source: Path, target: Path) -> None:
        """Rename atomically; replaces `target`."""
        source.rename(target)

    def link(self, source: Path, target: Path) -> None:
        """Add a second name for the same file; never replaces `target`."""
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a name; a missing one is no error. Durable after `sync_directory`."""
        path.unlink(missing_ok=True)

    def sync_directory(self, path: Path) -> None:
        """Flush the names in this folder to the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


DISK = Disk()


def write_all(disk: Disk, descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte or raise `OSError`; a short write is retried once to learn its reason."""
    written = disk.write(descriptor, data)
    if written != len(data):
        written += disk.write(descriptor, data[written:])
    if written != len(data):
        raise OSError(None, f"short write, {written} of {len(data)} bytes")


def write_new(disk: Disk, path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a new file with these bytes and sync it. The caller syncs its folder, after naming it.

    Raises `OSError`; then no file is left under `path`, as far as it could be removed.
    """
    disk.unlink(path)
    descriptor = disk.create(path, mode)
    try:
        write_all(disk, descriptor, data)
        disk.sync(descriptor)
    except OSError:
        disk.unlink(path)
        raise
    finally:
        os.close(descriptor)


def replace(disk: Disk, path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make `path` hold `data`, durably: readers and crashes see the old bytes or the new, no mixture.

    Raises `WriteFailed`.
    """
    fresh = path.with_name(path.name + ".new")
    with write_failures(path.name):
        write_new(disk, fresh, data, mode)
        disk.rename(fresh, path)
        disk.sync_directory(path.parent)


def make_directory(disk: Disk, path: Path, what: str) -> None:
    """Make a folder for this user alone, with those above it, and sync its name; an existing one is no error.

    Raises `WriteFailed`, in which `what` names the folder.
    """
    with write_failures(what):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.sync_directory(path.parent)


def set_aside(disk: Disk, path: Path, size: int) -> None:
    """Create a file that only reserves `size` bytes of the disk. Raises `OSError`."""
    descriptor = disk.create(path)
    try:
        if size:
            disk.allocate(descriptor, size)
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
