"""Reading the spool, from any process, also during writing.

A reader gets only whole, CRC-valid frames. A frame may become visible a few milliseconds before
its fdatasync returned: *safe* is what the writer acknowledged, not what a reader finds.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vault.errors import Altered, ObjectMissing
from vault.spool.segments import (
    Frame,
    Position,
    check_evidence,
    closed_name,
    decode_frame,
    open_name,
    read_frames,
)
from vault.spool.writers import item_folder, spool_roots

WRAPS = ("wrap", "escrow")
"""Files of an item's data key, wrapped for the vault, and for the escrow key if there is one."""


class SpoolReader:
    """The frames and files of one evidence item in the spool. Keeps nothing open between calls."""

    def __init__(self, root: Path, evidence: str) -> None:
        self._root, self._evidence = root, evidence
        self._folder = item_folder(root, evidence)

    @property
    def folder(self) -> Path:
        """The item's folder, wherever in the spool it is now."""
        if not self._folder.is_dir():
            self._folder = item_folder(self._root, self._evidence)
        return self._folder

    def closed_segments(self) -> list[int]:
        """Return the numbers of the segments that will not change any more, in order."""
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.segment"))

    def segment_sizes(self) -> list[int]:
        """Return the size of each closed segment in bytes, in order."""
        return [self.segment_path(segment).stat().st_size for segment in self.closed_segments()]

    def segment_path(self, segment: int) -> Path:
        """Return the file of a closed segment."""
        return self.folder / closed_name(segment)

    @property
    def sealed(self) -> bool:
        """Whether the item's manifest is written: no more data will follow."""
        return (self.folder / "manifest").exists()

    def frames(self, after: Position | None = None) -> Iterator[tuple[Position, Frame]]:
        """Yield all frames in order, or those after `after`; ends where the writer is at this moment.

        Raises `Altered` if a closed segment is damaged: the missing frames had been acknowledged.
        """
        segment, offset = (after.segment, after.end) if after else (1, 0)
        while True:
            try:
                file, closed = self._open(segment)
            except ObjectMissing:
                return
            with file:
                for position, frame in read_frames(file, segment, offset):
                    yield position, frame
                    offset = position.end
                if not closed:
                    # The writer may have closed this segment, and continued, since we opened it.
                    if self.segment_path(segment).exists():
                        continue
                    return
                # Beyond the end: these frames were never acknowledged, and the writer continued without them.
                if offset < file.seek(0, 2):
                    raise Altered(f"segment {segment} is damaged at byte {offset}")
            segment, offset = segment + 1, 0

    @property
    def more_than_a_header(self) -> bool:
        """Return whether anything was or may have been recorded here: such an item must not be discarded as
        one that never began."""
        try:
            return len(list(itertools.islice(self.frames(), 2))) > 1
        except (Altered, OSError):
            return True

    def read(self, position: Position) -> Frame:
        """Read a frame. Raises `Altered` if other bytes are there, `ObjectMissing` if the segment is gone."""
        file, _ = self._open(position.segment)
        with file:
            file.seek(position.offset)
            return decode_frame(file.read(position.length))

    def file(self, name: str) -> bytes:
        """Read `wrap`, `part.json`, `index`, `manifest`, …; raises `ObjectMissing` if there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing(f"no {name} in the spool") from None

    def pending(self) -> list[str]:
        """Return the names of statements not yet in the ledger, in order (`pending/000001.statement`)."""
        return sorted(f"pending/{path.name}" for path in (self.folder / "pending").glob("*.statement"))

    def _open(self, segment: int) -> tuple[BinaryIO, bool]:
        # Closed, open, and closed again: the writer may rename between two scans.
        for name, closed in (
            (closed_name(segment), True),
            (open_name(segment), False),
            (closed_name(segment), True),
        ):
            try:
                return (self.folder / name).open("rb"), closed
            except FileNotFoundError:
                continue
        raise ObjectMissing(f"no segment {segment} in the spool")


def evidence_in(root: Path) -> list[str]:
    """Return the evidence ids that have a folder in the spool, in order."""
    ids = []
    for folder in spool_roots(root):
        for path in folder.iterdir() if folder.exists() else ():
            with contextlib.suppress(ValueError):
                ids.append(check_evidence(path.name))
    return sorted(ids)
