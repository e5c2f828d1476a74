"""One timeline for all tracks of an interview."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable


def monotonic_us() -> int:
    """The recorder's own clock that nobody can set, in µs."""
    return time.monotonic_ns() // 1000


def wall_us() -> int:
    """The recorder's wall clock, in µs since 1970 UTC."""
    return time.time_ns() // 1000


class Timeline:
    """Microseconds since an interview part began, for every camera and microphone in it."""

    def __init__(
        self, monotonic: Callable[[], int] = monotonic_us, wall: Callable[[], int] = wall_us
    ) -> None:
        self.monotonic = monotonic
        self._wall = wall
        self._zero = monotonic()
        self._epoch = wall()

    def begin(self) -> datetime.datetime:
        """Make this moment zero; returns it on the wall clock: the epoch. Call before `Camera.begin`."""
        self._zero = self.monotonic()
        self._epoch = self._wall()
        return self.wall(0)

    def now(self) -> int:
        """This moment in µs since `begin`."""
        return self.monotonic() - self._zero

    def wall(self, at: int) -> datetime.datetime:
        """The wall-clock time (UTC) of `at` µs on the timeline, by the recorder's clock."""
        return datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(
            microseconds=self._epoch + at
        )
