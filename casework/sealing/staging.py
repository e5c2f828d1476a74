"""Staging areas: items that are being assembled, apart from those that are replicated to the copies.

    <spool>/<area>/<evidence>/    until the item is complete: uploads, derivatives, safety recordings
    <spool>/<evidence>/           from `move` on: an item like any other

A discarded item is removed with its wrapped key, so that nothing can open it any more.

Trusts: the spool folder, which only the service's own user can access.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from casework.errors import Missing, RecordingFailed, Refused, WrongState
from casework.sealing.sealed_log import read_back
from casework.sealing.spool_failures import spool_failures
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_manifest import RecordTree
from vault.disk import DISK
from vault.errors import ObjectMissing, SpoolInUse
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter

RESERVED = 1024**3
"""Bytes of disk left free for running recordings."""


class OutOfOrder(Refused):
    """Not the next record or byte of an item; `due` is the expected one."""

    code = "out-of-order"

    def __init__(self, unit: str, due: int) -> None:
        super().__init__(f"{unit} {due} is the next one")
        self.due = due


@dataclass(frozen=True)
class StagingArea:
    """The folder of the items that are assembled in one way."""

    spool: Path
    name: str

    @property
    def root(self) -> Path:
        """Its folder, with one folder for each item."""
        return self.spool / self.name

    def whole(self, evidence: str) -> bool:
        """Whether the item's manifest is durable, so that it can become evidence without a key."""
        return self.moved(evidence) or SpoolReader(self.root, evidence).sealed

    def holds(self, evidence: str) -> bool:
        """Whether the item waits here, or was moved from here."""
        return (self.root / evidence).is_dir() or self.moved(evidence)

    def moved(self, evidence: str) -> bool:
        """Whether the item is in the spool, from which the copies take it."""
        return (self.spool / evidence).is_dir()

    def move(self, evidence: str) -> None:
        """Move a complete item into the spool for the copies, atomically; does nothing a second time."""
        if not self.moved(evidence):
            (self.root / evidence).rename(self.spool / evidence)
            DISK.sync_directory(self.spool)

    def discard(self, evidence: str) -> None:
        """Remove an item, durably; does nothing if there is none."""
        folder = self.root / evidence
        if folder.is_dir():
            removed = self.root / f".removed-{evidence}"
            folder.rename(removed)  # atomic: a crash leaves no part of it
            DISK.sync_directory(self.root)
            shutil.rmtree(removed, ignore_errors=True)

    def clear_removed(self) -> None:
        """Complete removals that a crash interrupted."""
        for leftover in self.root.glob(".removed-*"):
            shutil.rmtree(leftover, ignore_errors=True)


def uploads_area(spool: Path) -> StagingArea:
    """Photographs and documents that are uploaded, and derivatives that are sealed."""
    return StagingArea(spool, "uploads")


def safety_area(spool: Path) -> StagingArea:
    """Safety recordings until they are imported or not needed any more."""
    return StagingArea(spool, "safety")


class StagedItem:
    """One item that arrives in pieces. With several threads: hold `turn`."""

    NAME: ClassVar[str]
    """Name of the item, for errors."""
    BUSY: ClassVar[str]
    """The error while another writer uses it."""

    def __init__(self, area: StagingArea, evidence: str) -> None:
        self.turn = threading.Lock()
        self._area, self._evidence = area, evidence
        self._reader = SpoolReader(area.root, evidence)

    def _read_back(self) -> tuple[list[Record], RecordTree]:
        """Return its durable records, and the tree over them. Raises `Missing`, `RecordingFailed`."""
        self._require_folder()
        return read_back(self._reader)

    def _require_folder(self) -> None:
        if not self._reader.folder.is_dir():
            raise Missing(f"no {self.NAME} {self._evidence} is waiting")

    @contextmanager
    def _writing(self) -> Iterator[SpoolWriter]:
        """The writer of its folder, for one step. Raises casework's errors for the spool's."""
        missing = Missing(f"no such {self.NAME} is waiting")
        with spool_failures({SpoolInUse: WrongState(self.BUSY), ObjectMissing: missing}):
            folder, _ = SpoolWriter.recover(self._area.root, self._evidence)
            with folder:
                yield folder


def require_room(spool: Path, size: int, what: str) -> None:
    """Raise `RecordingFailed` if `size` bytes of `what` would use the space of running recordings."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(spool).free - size < RESERVED:
        raise RecordingFailed("disk-full", f"too little room for {what}")
