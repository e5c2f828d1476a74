"""Queue of damage found during other work: which item in which copy is to be reread soon.

A viewer who requests a damaged object is served from another copy at once. The object is only noted here; a
background thread reads and repairs it (`scrub`). The queue is in memory and bounded: the next viewer or the
next pass finds a dropped entry again.
"""

from __future__ import annotations

import threading

ROOM = 256
"""Maximum number of entries; if a whole disk fails, the next pass reads all of it."""


class DamageQueue:
    """A queue for all threads of this process; no method waits for work."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._waiting: dict[tuple[str, str], None] = {}  # in order of arrival
        self._lock = threading.Lock()

    def note(self, copy: str, evidence: str) -> None:
        """Note that item `evidence` is damaged in `copy`."""
        with self._lock:
            if len(self._waiting) < self._room:
                self._waiting.setdefault((copy, evidence))

    def take(self) -> tuple[str, str] | None:
        """Remove and return the oldest entry; None if there is none."""
        with self._lock:
            first = next(iter(self._waiting), None)
            if first is not None:
                del self._waiting[first]
            return first
