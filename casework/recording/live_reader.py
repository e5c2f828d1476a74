"""The records of a running part, read from where they were made durable.

Observers get only recorded data: there is no side channel. Messages are ciphertext; their keys come from the
recorder child, which alone has the data key while it records.

Trusts: the spool folder, for display. Only the seal proves later what is shown here.
"""

from __future__ import annotations

import threading
from pathlib import Path

from casework.errors import Missing
from chain_of_custody.items.record import Record
from vault.errors import Altered, ObjectMissing
from vault.spool.reader import SpoolReader
from vault.spool.segments import Position


class LivePart:
    """The records of one part in the spool, followed as they arrive. For several threads."""

    def __init__(self, root: Path, evidence: str) -> None:
        self._reader = SpoolReader(root, evidence)
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._positions: list[Position] = []

    def records(self, after: int = 0) -> list[Record]:
        """The records available now, from index `after` on."""
        self._follow()
        return self._records[after:]

    def message(self, index: int) -> bytes:
        """The sealed message of a record. Raises `Missing`."""
        if not 0 <= index < len(self._records):
            self._follow()
        if not 0 <= index < len(self._records):
            raise Missing(f"no record {index} yet")
        try:
            return self._reader.read(self._positions[index]).message
        except (Altered, ObjectMissing) as gone:
            raise Missing(f"record {index} cannot be read") from gone

    def _follow(self) -> None:
        with self._lock:
            last = self._positions[-1] if self._positions else None
            for position, frame in self._reader.frames(last):
                self._records.append(Record.parse(frame.record))
                self._positions.append(position)
