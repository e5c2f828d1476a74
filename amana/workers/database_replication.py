"""Replication of the database to the copies, in the background of the web process: a thread for each copy.

`casework.rebuild.database_replication` decides what is copied, and in which order. This module decides only
when: every second, and after a failure with growing pauses, without a limit. The database is its own spool.
"""

from __future__ import annotations

import contextlib
import functools

from sqlalchemy.exc import SQLAlchemyError

from amana.background_loop import BackgroundLoop
from amana.workers import EXPECTED
from casework.center import Center
from casework.errors import CaseworkError
from casework.rebuild.database_replication import Publisher

EVERY = 1.0
"""Seconds between checks."""
LONGEST_PAUSE = 60.0
"""Longest pause, in seconds, until a failed copy is retried."""


class DatabaseReplicationWorker:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center) -> None:
        self._publisher = Publisher(center)
        self._loops = [
            BackgroundLoop(
                f"publishing to the {copy}",
                functools.partial(self._work, copy),
                EVERY,
                LONGEST_PAUSE,
                expected=EXPECTED,
                at_once=True,
            )
            for copy in center.stores
        ]

    def start(self) -> None:
        """Start the threads; they end with the process, or at `stop`."""
        for loop in self._loops:
            loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the threads; running work is finished, within `timeout` seconds for each."""
        for loop in self._loops:
            loop.stop(timeout)

    def _work(self, copy: str) -> float | None:
        try:
            return 0.0 if self._publisher.publish(copy) else None
        except Exception as error:
            with contextlib.suppress(CaseworkError, SQLAlchemyError):  # unavailable, which pages show
                self._publisher.failed(copy, error)
            raise
