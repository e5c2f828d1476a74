"""Damage that was noticed in passing: which item in which copy is to be read again soon.

A viewer who meets a damaged object is answered from another copy at once; the object is only noted here, and
a thread in the background reads and repairs (`scrub`). In memory and bounded: what is forgotten is met again,
by the next viewer or by the next pass.
"""

from __future__ import annotations

import threading

ROOM = 256
"""Items that are remembered; a disk that fails as a whole is read as a whole by the next pass."""


class DamageQueue:
    """For all threads of this process. Nobody waits here."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._waiting: dict[tuple[str, str], None] = {}  # in the order in which they came
        self._lock = threading.Lock()

    def note(self, copy: str, evidence: str) -> None:
        """Item `evidence` is not right in `copy`."""
        with self._lock:
            if len(self._waiting) < self._room:
                self._waiting.setdefault((copy, evidence))

    def take(self) -> tuple[str, str] | None:
        """The one that waits longest, which waits no more; None if there is none."""
        with self._lock:
            first = next(iter(self._waiting), None)
            if first is not None:
                del self._waiting[first]
            return first
