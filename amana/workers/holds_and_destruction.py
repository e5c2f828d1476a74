"""Legal holds set and lifted in the copies, and what is disposed of destroyed, in the background of the web
process.

What has to be done, `casework.retention.hold_enforcement` and `casework.retention.destruction` say. Only when
is told here: at once where a person acts here, every half minute for what was done at a terminal or by
another process, after a failure with growing pauses; and a disposal again when the first of its locks runs
out. On every machine of the center, as each has a spool and a keyholder of its own, which no other one
reaches.
"""

from __future__ import annotations

import time

from amana.background_loop import BackgroundLoop, Unfinished
from amana.workers import EXPECTED
from casework.center import Center
from casework.ledger import projection_access, projection_retention
from casework.retention import destruction, hold_enforcement

EVERY, LONGEST_PAUSE = 30.0, 600.0
"""Seconds between looks, and at most between two tries of what failed."""
REMIND_EVERY = 86_400.0
"""Seconds until the keyholder is told again what has ended."""


class Retaining:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center, every: float = EVERY) -> None:
        self._center = center
        self._taken = -1
        self._known = -1
        """Positions of the last statements whose rows were looked after: about ends, and about access."""
        self._next: dict[str, float] = {}
        """Disposal → when it is looked at again, monotonic seconds."""
        self._remind_at = 0.0
        self._loop = BackgroundLoop(
            "legal holds and disposals",
            self._work,
            every,
            LONGEST_PAUSE,
            expected=EXPECTED,
            at_once=True,
            wake=center.retaining,
        )

    def start(self) -> None:
        """Start the background thread; the first look follows at once."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End it, within `timeout` seconds; what was begun is done again at the next start."""
        self._loop.stop(timeout)

    def look(self) -> bool:
        """Do what is due; whether nothing of it is left."""
        done = True
        self._taken = projection_retention.catch_up(self._center, self._taken)
        self._known = projection_access.catch_up(self._center, self._known)
        for case in hold_enforcement.due(self._center):
            if self._loop.stopped:
                return False
            done = hold_enforcement.carry_out(self._center, case) and done
        for disposal in destruction.due(self._center):
            if self._loop.stopped:
                return False
            if time.monotonic() >= self._next.get(disposal, 0.0):
                wait = destruction.carry_out(self._center, disposal)
                self._next[disposal] = time.monotonic() + (wait.total_seconds() if wait else 0.0)
        destruction.clear_spool(self._center)
        if time.monotonic() >= self._remind_at:
            destruction.remind(self._center)
            self._remind_at = time.monotonic() + REMIND_EVERY
        return done

    def _work(self) -> None:
        if not self.look():
            raise Unfinished
