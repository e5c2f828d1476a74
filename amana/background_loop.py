"""Periodic work in the background of a process, for as long as the process runs."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LOWEST = 19
"""The niceness of work for which no caller waits; Linux has one niceness for each thread."""


class Unfinished(Exception):
    """Some work that was due is not done. It was logged where it failed, and is retried later."""


class BackgroundLoop:
    """Calls `work` in a thread of its own, from `start` until `stop`.

    `work` returns the seconds until the next call; None: `every`. After an exception the pause doubles each
    time, from `every` up to `longest` (None: it does not grow). An error in `expected` is logged as a
    warning, once as long as its message stays the same; any other error is logged with its traceback. No
    error ends the loop: without a retry, the work would never be done.

    `at_once`: the first call comes at the start, not after `every`. `wake`: an event that ends a pause
    early; it is cleared before each call. `nice`: run with the lowest priority.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float | None],
        every: float,
        longest: float | None = None,
        *,
        expected: tuple[type[Exception], ...] = (),
        at_once: bool = False,
        wake: threading.Event | None = None,
        nice: bool = False,
    ) -> None:
        self._name, self._work, self._every, self._longest = name, work, every, longest or every
        self._expected, self._at_once, self._nice = expected, at_once, nice
        self._stopped = False
        self._wake = wake or threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def running(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called. Long work checks it between two steps."""
        return self._stopped

    def start(self) -> None:
        """Start the thread; it ends with the process, or at `stop`."""
        self._thread.start()

    def stop(self, timeout: float | None = 5.0) -> None:
        """Stop the loop. Wait for a running call at most `timeout` seconds (None: until it ends)."""
        self._stopped = True
        self._wake.set()
        if self.running:
            self._thread.join(timeout)

    def _run(self) -> None:
        if self._nice:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, 0, LOWEST)  # 0: of this thread, on Linux
        wait: float | None = None
        pause, last = self._every, ""
        if not self._at_once:
            self._wake.wait(self._every)
        while not self._stopped:
            self._wake.clear()
            failed = True
            try:
                wait = self._work()
                failed, last = False, ""
            except Unfinished:
                pass
            except self._expected as error:
                # A database's message may quote values, from its second line on.
                if last != (last := f"{type(error).__name__}: {error}".split("\n", 1)[0]):
                    log.warning("%s: %s", self._name, last)
            except Exception:
                log.exception("%s", self._name)
            if failed:
                wait = pause = min(2 * pause, self._longest)
            else:
                pause = self._every
            if not self._stopped:
                self._wake.wait(self._every if wait is None else wait)
