"""Transfer of wrapped keys to the keyholder, in the background of the web process.

The recorders write them to the spool (`casework.copies.wrapped_keys`). Nothing is lost while this fails: a
part stays in the spool until both copies of the key store hold its wraps.
"""

from __future__ import annotations

import logging

from amana.background_loop import BackgroundLoop, Unfinished
from amana.workers import EXPECTED
from casework.center import Center
from casework.copies import wrapped_keys
from casework.errors import CaseworkError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between checks, and at most between two attempts after a refusal of the keyholder."""


class WrappedKeyWorker:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._held: set[str] = set()
        self._loop = BackgroundLoop(
            "handing over wrapped keys", self._work, EVERY, LONGEST_PAUSE, expected=EXPECTED
        )

    def start(self) -> None:
        """Start the background thread."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the background thread; wait at most `timeout` seconds for a running call."""
        self._loop.stop(timeout)

    def look(self) -> bool:
        """Send all waiting wraps; return whether both copies now hold everything."""
        waiting = set(wrapped_keys.waiting(self._center))
        self._held &= waiting
        for evidence in sorted(waiting - self._held):
            try:
                if wrapped_keys.hand_over(self._center.spool, self._center.keyholder, evidence):
                    self._held.add(evidence)
            except (VaultError, CaseworkError, OSError) as error:  # of this item: continue with the others
                log.warning("the wraps of %s wait: %s: %s", evidence, type(error).__name__, error)
        return waiting <= self._held

    def _work(self) -> None:
        if not self.look():
            raise Unfinished
