"""Work that is done again and again in the background of a process, for as long as it runs."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LOWEST = 19
"""The niceness of work that nobody waits for; Linux has one for each thread."""


class Unfinished(Exception):
    """Not all was done that was due. It was logged where it failed, and is tried again later."""


class BackgroundLoop:
    """Calls `work` in a thread of its own, from `start` until `stop`.

    `work` returns the seconds until it is called again; None: `every`. After an exception the pauses grow,
    doubled each time from `every` up to `longest` (None: they do not grow). An error in `expected` is logged
    as a warning, once for as long as it stays the same; any other with its traceback. None of them ends the
    loop: whatever failed, not trying again is worse.

    `at_once`: the first call comes with the start, not after `every`. `wake`: an event that ends a pause
    early; it is cleared before each call. `nice`: with the lowest priority.
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
        """Whether `stop` was called: long work asks between two steps."""
        return self._stopped

    def start(self) -> None:
        """Begin; the thread ends with the process, or at `stop`."""
        self._thread.start()

    def stop(self, timeout: float | None = 5.0) -> None:
        """End it; a call that is under way is waited for, at most `timeout` seconds (None: until it ends)."""
        self._stopped = True
        self._wake.set()
        if self.running:
            self._thread.join(timeout)

    def _run(self) -> None:
        if self._nice:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
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
                # A database's message may quote values from its second line on.
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
