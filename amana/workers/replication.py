"""Publishing in the background of the web process: a thread for each copy, until the process ends.

What is carried, and in which order, `casework.rebuild.replication` says. Here is only when: every second, and
after a failure with growing pauses, for as long as it takes. The spool of this is the database itself.
"""

from __future__ import annotations

import contextlib
import functools

from sqlalchemy.exc import SQLAlchemyError

from amana.background_loop import BackgroundLoop
from amana.workers import EXPECTED
from casework.center import Center
from casework.errors import CaseworkError
from casework.rebuild.replication import Publisher

EVERY = 1.0
"""Seconds between looks."""
LONGEST_PAUSE = 60.0
"""Seconds until a copy that failed is tried again, at most."""


class Publishing:
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
        """Begin; the threads end with the process, or at `stop`."""
        for loop in self._loops:
            loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End them; what is under way is finished, within `timeout` seconds for each."""
        for loop in self._loops:
            loop.stop(timeout)

    def _work(self, copy: str) -> float | None:
        try:
            return 0.0 if self._publisher.publish(copy) else None
        except Exception as error:
            with contextlib.suppress(CaseworkError, SQLAlchemyError):  # the database is away: pages say that
                self._publisher.failed(copy, error)
            raise
