"""What the keyholder process does by itself for the wrapped keys: it carries them into both copies, and the
escrow with them.

One thread. A copy that is away is tried again, with growing pauses; until then what it lacks waits on the
keyholder's own disk, and is opened from there.
"""

from __future__ import annotations

import logging
import threading

from vault.escrow import Carrying
from vault.key_store import KeyStore

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds until what could not be carried is tried again: at first, and at most; doubled each time."""


class KeyKeeping:
    """Works from `with` to its end."""

    def __init__(self, store: KeyStore, escrow: Carrying | None = None) -> None:
        self._store, self._escrow = store, escrow
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="wraps", daemon=True)

    def __enter__(self) -> KeyKeeping:
        self._store.news.set()  # what an earlier process left waiting
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._store.news.set()
        self._thread.join(2.0)

    def _carry(self) -> None:
        pause = PAUSE
        while not self._stop.is_set():
            self._store.news.wait(None if pause == PAUSE else pause)
            try:
                left = self._store.carry(self._stop.is_set)
                left += 0 if self._escrow is None else self._escrow.carry()
            except Exception:
                # Whatever it was: what waits is safe here, and must be tried again.
                log.exception("wrapped keys were not carried")
                left = 1
            if not left:
                pause = PAUSE
                continue
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
