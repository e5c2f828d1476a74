"""Background worker that sets and lifts legal holds in the copies and destroys what is disposed of.

`casework.retention.hold_enforcement` and `casework.retention.destruction` decide what to do. This module
decides only when: at once after an act in this process; every half minute for acts at a terminal or in
another process; after a failure with growing pauses; and for a disposal again when the first of its locks
expires. It runs on every machine of the center, because each has its own spool and keyholder, which no other
machine reaches.
"""

from __future__ import annotations

import time

from amana.background_loop import BackgroundLoop, Unfinished
from amana.workers import EXPECTED
from casework.center import Center
from casework.ledger import projections
from casework.retention import destruction, hold_enforcement

EVERY, LONGEST_PAUSE = 30.0, 600.0
"""Seconds between checks, and at most between two attempts after a failure."""
REMIND_EVERY = 86_400.0
"""Seconds until the keyholder is reminded of what has ended."""


class RetentionWorker:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center, every: float = EVERY) -> None:
        self._center = center
        self._taken = -1
        """Position of the last statement whose rows are processed."""
        self._next: dict[str, float] = {}
        """Disposal → when it is checked again, monotonic seconds."""
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
        """Start the background thread; the first check follows at once."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop it, within `timeout` seconds; unfinished work is repeated at the next start."""
        self._loop.stop(timeout)

    def look(self) -> bool:
        """Do what is due; return whether all of it is done."""
        done = True
        self._taken = projections.catch_up(self._center, self._taken)
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
