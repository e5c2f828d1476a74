"""How long the disk still lasts, at the rate at which it fills now.

What fills it is more than one recording: other rooms, and copies that lie on the same disk. So the fall of
the free space itself is measured. A lower rate than is planned for is never believed: a break, or a file that
somebody deleted, promises nothing.
"""

from __future__ import annotations

from collections import deque

WINDOW = 120.0
"""Seconds over which the rate is measured."""
LEAST = 15.0
"""Seconds of looking before anything is concluded: segments and copies come in steps of ten."""


class DiskRoom:
    """Looks at the free space now and then."""

    def __init__(self, planned: int) -> None:
        """`planned`: bytes an hour for which to be ready at least."""
        self._planned = planned
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, room: int, at: float) -> float:
        """Hours for which `room` bytes last; `at` in seconds on a clock that never goes back."""
        self._seen.append((at, room))
        while at - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        since, before = self._seen[0]
        rate = float(self._planned)
        if at - since >= LEAST:
            rate = max(rate, (before - room) / (at - since) * 3600)
        return room / rate
