"""A disk that fails when told to, in the two ways a failing write can end: kept, or not kept."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from vault.disk import Disk


@dataclass
class Fault:
    error: int
    after: int
    """Calls that still succeed."""
    times: int
    lose: bool
    """Whether the file loses what was written since the last good sync, as after a dropped page."""


@dataclass
class FaultyDisk(Disk):
    """The real disk until `fail` says otherwise; `calls` counts every operation by name."""

    calls: list[str] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    synced: dict[int, int] = field(default_factory=dict)
    short: int | None = None
    """Bytes that the next write takes before the disk is full."""

    def fail(
        self, operation: str, error: int = errno.EIO, *, after: int = 0, times: int = 1, lose: bool = False
    ) -> None:
        self.faults[operation] = Fault(error, after, times, lose)

    def _may_fail(self, operation: str, descriptor: int | None = None) -> None:
        self.calls.append(operation)
        fault = self.faults.get(operation)
        if fault is None or fault.times == 0:
            return
        if fault.after > 0:
            fault.after -= 1
            return
        fault.times -= 1
        if fault.lose and descriptor is not None:
            os.ftruncate(descriptor, self.synced.get(os.fstat(descriptor).st_ino, 0))
        raise OSError(fault.error, os.strerror(fault.error))

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._may_fail("create")
        return super().create(path, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        self._may_fail("write")
        if self.short is not None:
            taken, self.short = self.short, None
            self.fail("write", errno.ENOSPC)
            return super().write(descriptor, data[:taken])
        return super().write(descriptor, data)

    def sync_data(self, descriptor: int) -> None:
        self._may_fail("sync_data", descriptor)
        super().sync_data(descriptor)
        state = os.fstat(descriptor)
        self.synced[state.st_ino] = state.st_size

    def sync(self, descriptor: int) -> None:
        self._may_fail("sync", descriptor)
        super().sync(descriptor)

    def allocate(self, descriptor: int, size: int) -> None:
        self._may_fail("allocate")
        super().allocate(descriptor, size)

    def rename(self, source: Path, target: Path) -> None:
        self._may_fail("rename")
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._may_fail("link")
        super().link(source, target)

    def unlink(self, path: Path) -> None:
        self._may_fail("unlink")
        super().unlink(path)

    def sync_directory(self, path: Path) -> None:
        self._may_fail("sync_directory")
        super().sync_directory(path)


class DyingDisk(Disk):
    """Ends the writer at its n-th operation, as a kill between two lines would."""

    class Died(BaseException):
        pass

    def __init__(self, operations: int) -> None:
        self.left = operations

    def _one_more(self) -> None:
        if self.left == 0:
            raise self.Died
        self.left -= 1

    def create(self, path: Path, mode: int = 0o600) -> int:
        self._one_more()
        return super().create(path, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        self._one_more()
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._one_more()
        super().sync(descriptor)

    def link(self, source: Path, target: Path) -> None:
        self._one_more()
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._one_more()
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._one_more()
        super().unlink(path)

    def sync_directory(self, path: Path) -> None:
        self._one_more()
        super().sync_directory(path)
