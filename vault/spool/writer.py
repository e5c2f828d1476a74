"""The spool: the local disk where a recording first becomes durable, before any other processing.

    <root>/<evidence>/
        000001.segment  000002.segment  …     closed, never changed again
        000003.open                           being written
        wrap  part.json  index  manifest      whole files, replaced atomically
        pending/000001.statement              signed, not yet in the ledger
        reserve                               space reserved for sealing on a full disk
        lock                                  held by the one running writer

The effects of `append`, `roll` and `write_file` are durable on return: data by fdatasync, names by an fsync
of the folder. When one of them raises, what was acknowledged before is still durable, and the current
segment is abandoned: a file whose fsync failed is never synced again (`vault.disk` says why).
`open_next` copies the acknowledged frames of such a segment to a new file and continues after them.

On a full disk: `release_reserve`, `open_next`, append the reason, write index and manifest.

Trusts: the local disk not to lie about fsync. Not trusted: that the process survives to the next line.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vault.disk import DISK, Disk, write_all
from vault.errors import WriteFailed, write_failure, write_failures
from vault.spool.folder import SpoolFolder, make_folder, take_over_folder
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.segments import Position, closed_name, frame_length, frame_parts, open_name
from vault.spool.torn_segments import salvage

__all__ = ["Recovery", "SpoolLimits", "SpoolReader", "SpoolWriter", "evidence_in"]

RESERVE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class SpoolLimits:
    """Limits at which a segment is closed and the next begun."""

    segment_seconds: float = 10.0
    """Seconds after its first frame: how far this lets the stores lag behind."""
    segment_bytes: int = 64 * 1024 * 1024
    """Bytes; a single larger append still goes into one segment."""


LIMITS = SpoolLimits()


@dataclass(frozen=True)
class Recovery:
    """Result of recovering the spool of a writer that has ended."""

    segments: int
    """Number of closed segments now."""
    frames: int
    """Frames recovered from the segment that was open."""
    cut: int
    """Bytes of an unfinished append cut off it; the original stays as `NNNNNN.torn`, which nothing reads."""


class SpoolWriter(SpoolFolder):
    """The one writer of one evidence item. Calls may come from several threads; they are serialised.

    Made by `create` or `recover`.
    """

    def __init__(
        self,
        folder: Path,
        lock: int,
        segment: int,
        limits: SpoolLimits,
        disk: Disk,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(folder, lock, disk)
        self._segment = segment
        self._limits, self._clock = limits, clock
        self._descriptor: int | None = None
        self._acknowledged = 0  # bytes of the open segment known to be durable
        self._opened = 0.0  # when its first frame was written, by the clock
        self._given_up = False  # the open segment failed: only open_next can continue

    @classmethod
    def create(
        cls,
        root: Path,
        evidence: str,
        reserve_bytes: int = RESERVE_BYTES,
        *,
        limits: SpoolLimits = LIMITS,
        disk: Disk = DISK,
        clock: Callable[[], float] = time.monotonic,
    ) -> SpoolWriter:
        """Begin the spool of a new evidence item, with `reserve_bytes` of disk space reserved.

        `clock` gives seconds and never goes back. Raises `ObjectExists` if the item has a spool already,
        `WriteFailed` (`DiskFull` if there is no room for the reserve: then nothing is left behind).
        """
        folder, lock = make_folder(root, evidence, reserve_bytes, disk)
        return cls(folder, lock, 1, limits, disk, clock)

    @classmethod
    def recover(
        cls,
        root: Path,
        evidence: str,
        *,
        limits: SpoolLimits = LIMITS,
        disk: Disk = DISK,
        clock: Callable[[], float] = time.monotonic,
    ) -> tuple[SpoolWriter, Recovery]:
        """Take over from a writer that has ended: cut the torn tail, close the segment, continue after it.

        Every acknowledged frame is preserved; frames of an unfinished append may be preserved too.
        Uses the reserve of the previous writer. Raises `SpoolInUse` while it is still running,
        `ObjectMissing` if there is no such spool, `WriteFailed`.
        """
        folder, lock = take_over_folder(root, evidence)
        try:
            with write_failures(f"recovery of {evidence}"):
                disk.unlink(folder / "reserve")
                for leftover in (*folder.glob("*.new"), *folder.glob("pending/*.new")):
                    disk.unlink(leftover)
                frames = cut = 0
                for path in sorted(folder.glob("[0-9]*.open")):
                    closed = salvage(
                        disk, folder, int(path.stem), lambda: disk.sync_directory(folder), keep_torn=True
                    )
                    frames, cut = frames + closed.frames, cut + closed.cut
                disk.sync_directory(folder)
        except WriteFailed:
            os.close(lock)
            raise
        segments = SpoolReader(root, evidence).closed_segments()
        writer = cls(folder, lock, max(segments, default=0) + 1, limits, disk, clock)
        return writer, Recovery(len(segments), frames, cut)

    def append(self, frames: Sequence[tuple[bytes, bytes]]) -> list[Position]:
        """Append (record, message) pairs in one write and one fdatasync; all are durable on return.

        Begins a new segment first when this one has reached its limits. Raises `WriteFailed` (`DiskFull`):
        then none of these frames is safe, all earlier ones are, and `open_next` must precede the next try.
        """
        with self._turn:
            self._check()
            data = b"".join(part for frame in frames for part in frame_parts(*frame))
            if not data:
                return []
            if self._descriptor is not None and (self.roll_is_due() or self._too_long_with(len(data))):
                self.roll()
            self._given_up = True  # until all three steps have succeeded
            with write_failures(f"segment {self._segment}"):
                descriptor = self._open_segment() if self._descriptor is None else self._descriptor
                write_all(self._disk, descriptor, data)
                self._disk.sync_data(descriptor)
            self._given_up = False
            positions = []
            for record, message in frames:
                length = frame_length(record, len(message))
                positions.append(Position(self._segment, self._acknowledged, length))
                self._acknowledged += length
            return positions

    def roll_is_due(self) -> bool:
        """Whether the open segment is old enough to be closed; check it while nothing is being appended."""
        with self._turn:
            open_for = self._clock() - self._opened
            return self._descriptor is not None and open_for >= self._limits.segment_seconds

    def roll(self) -> None:
        """Close the open segment, so that it can be copied to the stores. Without one it does nothing.

        Raises `WriteFailed`.
        """
        with self._turn:
            self._check()
            if self._descriptor is None:
                return
            # Its bytes are durable already; only the name changes. A crash before the folder is synced
            # leaves `.open`, which recovery closes in the same way.
            self._forget_descriptor()
            source, target = self.folder / open_name(self._segment), self.folder / closed_name(self._segment)
            try:
                self._disk.rename(source, target)
            except OSError as error:
                self._given_up = True
                raise write_failure(error, target.name) from error
            self._segment, self._acknowledged = self._segment + 1, 0
            self._sync_folder()

    def open_next(self) -> None:
        """Abandon a failed segment: close it with exactly its acknowledged frames, then continue.

        Without a failure it is `roll`. Raises `WriteFailed` (`DiskFull`: call `release_reserve` first);
        the failed segment then stays as it is for a later try or for recovery.
        """
        with self._turn:
            if not self._given_up:
                self.roll()
                return
            self._check_folder()
            self._forget_descriptor()
            with write_failures(f"segment {self._segment}"):
                closed = salvage(
                    self._disk,
                    self.folder,
                    self._segment,
                    self._sync_folder,
                    acknowledged=self._acknowledged,
                )
            self._sync_folder()
            self._segment += 1 if closed.frames else 0
            self._acknowledged, self._given_up = 0, False

    def close(self) -> None:
        """Release the reserve and the lock. Call `roll` first; an open segment is left to recovery."""
        with self._turn:
            self._forget_descriptor()
            super().close()

    def _open_segment(self) -> int:
        descriptor = self._disk.create(self.folder / open_name(self._segment))
        self._descriptor, self._acknowledged, self._opened = descriptor, 0, self._clock()
        self._sync_folder()
        return descriptor

    def _too_long_with(self, more: int) -> bool:
        return self._acknowledged + more > self._limits.segment_bytes

    def _forget_descriptor(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _check(self) -> None:
        self._check_folder()
        if self._given_up:
            raise WriteFailed(f"segment {self._segment} was given up: open_next comes first")
