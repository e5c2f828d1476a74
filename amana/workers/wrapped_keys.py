"""Handing wrapped keys to the keyholder, in the background of the web process, until it has all of them.

The recorders write them to the spool (`casework.copies.wrapped_keys`). Nothing is lost while this cannot
work: a part stays in the spool until both copies of the key store hold its wraps.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from casework.center import Center
from casework.copies import wrapped_keys
from casework.errors import CaseworkError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between looks, and at most between two tries of what the keyholder would not take."""


class HandingOver:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._held: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="handing-over", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._stop.set()
        self._thread.join(timeout)

    def look(self) -> bool:
        """One look at all that is to be handed over; whether both copies hold everything now."""
        waiting = set(wrapped_keys.waiting(self._center))
        self._held &= waiting
        for evidence in sorted(waiting - self._held):
            try:
                if wrapped_keys.hand_over(self._center.spool, self._center.keyholder, evidence):
                    self._held.add(evidence)
            except (VaultError, CaseworkError, OSError) as error:  # of this one: the others go on
                log.warning("the wraps of %s wait: %s: %s", evidence, type(error).__name__, error)
        return waiting <= self._held

    def _run(self) -> None:
        pause = EVERY
        while not self._stop.wait(pause):
            try:
                done = self.look()
            except (SQLAlchemyError, CaseworkError, VaultError, OSError) as error:
                log.error("handing over wrapped keys: %s: %s", type(error).__name__, error)
                done = False
            except Exception:
                # Whatever it was: a wrap that nobody hands over is in one place alone.
                log.exception("handing over wrapped keys")
                done = False
            pause = EVERY if done else min(2 * pause, LONGEST_PAUSE)
