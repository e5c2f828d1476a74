"""Exchanges of keys, in the background of the web process: stated as they begin and end, and the old vault
key dropped when nothing needs it any more (`casework.rotations`)."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from casework import rotations
from casework.center import Center
from casework.errors import CaseworkError
from casework.rotations import Rewrapper
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between looks."""


class Rotating:
    """`start` it once; it works until `stop`."""

    def __init__(self, center: Center, keyholder: Rewrapper, every: float = EVERY) -> None:
        self._center, self._keyholder, self._every = center, keyholder, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rotating", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._stop.set()
        self._thread.join(timeout)

    def look(self) -> None:
        """One look. Raises what the keyholder, the ledger and the database raise."""
        for kind in rotations.state(self._center, self._keyholder.rewrapped()):
            log.info("stated how far the exchange of the %s key is", kind)
        if rotations.may_drop(self._center):
            log.info("vault keys dropped: %s", ", ".join(self._keyholder.drop_exchanged()))

    def _run(self) -> None:
        said = ""
        while not self._stop.wait(self._every):
            try:
                self.look()
                said = ""
            except (VaultError, CustodyError, CaseworkError, SQLAlchemyError, OSError) as error:
                if said != (said := f"{type(error).__name__}: {error}"):
                    log.warning("exchanges of keys: %s", said)
