"""Forecast of how long the disk lasts, at the rate at which it fills now.

Other rooms, and copies on the same disk, fill it too. So the decrease of the free space itself is measured. A
rate below the planned one is never assumed, since a break or a deleted file may cause it.
"""

from __future__ import annotations

from collections import deque

WINDOW = 120.0
"""Seconds over which the rate is measured."""
LEAST = 15.0
"""Minimum seconds of measurement before a forecast: segments and copies come in steps of ten."""


class DiskForecast:
    """Measures the free space from time to time."""

    def __init__(self, planned: int) -> None:
        """`planned`: minimum bytes an hour to assume."""
        self._planned = planned
        self._samples: deque[tuple[float, int]] = deque()

    def look(self, room: int, at: float) -> float:
        """Return the hours for which `room` bytes last; `at` in seconds on a clock that never goes back."""
        self._samples.append((at, room))
        while at - self._samples[0][0] > WINDOW:
            self._samples.popleft()
        since, before = self._samples[0]
        rate = float(self._planned)
        if at - since >= LEAST:
            rate = max(rate, (before - room) / (at - since) * 3600)
        return room / rate
