"""Publishing in the background of the web process: a thread for each copy, until the process ends.

What is carried, and in which order, `casework.rebuild.replication` says. Here is only when: every second, and
after a failure with growing pauses, for as long as it takes. The spool of this is the database itself.
"""

from __future__ import annotations

import contextlib
import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from casework.center import Center
from casework.errors import CaseworkError
from casework.rebuild.replication import Publisher
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between looks."""
PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds until a copy that failed is tried again: at first, and at most; doubled each time."""


class Publishing:
    """`start` it once; it works until `stop`. `every`, `pause`: see the constants, in seconds."""

    def __init__(self, center: Center, every: float = EVERY, pause: float = PAUSE) -> None:
        self._center, self._every, self._pause = center, every, pause
        self._publisher = Publisher(center)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the threads end with the process, or at `stop`."""
        for copy in self._center.stores:
            thread = threading.Thread(target=self._run, args=(copy,), name=f"publish-{copy}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End them; what is under way is finished, within `timeout` seconds for each."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout)

    def _run(self, copy: str) -> None:
        pause, said = self._pause, ""
        while not self._stop.is_set():
            try:
                wait = 0.0 if self._publisher.publish(copy) else self._every
                pause, said = self._pause, ""
            except Exception as error:
                # Whatever it was: a copy that nobody carries to is worse than a try too many.
                if said != (said := f"{type(error).__name__}: {error}"):
                    if isinstance(error, VaultError | CustodyError | CaseworkError | SQLAlchemyError):
                        log.warning("publishing to the %s: %s", copy, said)
                    else:
                        log.exception("publishing to the %s", copy)
                self._tell(copy, error)
                wait, pause = pause, min(2 * pause, LONGEST_PAUSE)
            self._stop.wait(wait)

    def _tell(self, copy: str, error: Exception) -> None:
        with contextlib.suppress(CaseworkError, SQLAlchemyError):  # the database is away: pages say that
            self._publisher.failed(copy, error)
