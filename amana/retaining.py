"""Legal holds set and lifted in the copies, in the background of the web process.

What has to be done, `casework.holding` says. Here is only when: at once when somebody has placed or lifted a
hold here, every half minute for what was done at a terminal or by another process, and after a failure with
growing pauses.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from casework import holding
from casework.center import Center
from casework.errors import CaseworkError
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY, LONGEST_PAUSE = 30.0, 600.0
"""Seconds between looks, and at most between two tries of what failed."""


class Retaining:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center, every: float = EVERY) -> None:
        self._center, self._every = center, every
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="retaining", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End it, within `timeout` seconds; what was begun is done again at the next start."""
        self._stopped = True
        self._center.retaining.set()
        self._thread.join(timeout)

    def look(self) -> bool:
        """Do what is due; whether nothing of it is left."""
        done = True
        for case in holding.due(self._center):
            if self._stopped:
                return False
            done = holding.carry_out(self._center, case) and done
        return done

    def _run(self) -> None:
        pause = self._every
        while not self._stopped:
            self._center.retaining.clear()
            try:
                done = self.look()
            except (SQLAlchemyError, CaseworkError, CustodyError, VaultError, OSError) as error:
                log.error("legal holds and disposals: %s: %s", type(error).__name__, error)
                done = False
            except Exception:
                # Whatever it was: a hold that nobody sets is worse than a look too many.
                log.exception("legal holds and disposals")
                done = False
            pause = self._every if done else min(2 * pause, LONGEST_PAUSE)
            self._center.retaining.wait(pause)
