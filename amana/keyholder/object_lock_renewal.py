"""Renewing locks, in the background, for every copy that can lock: of media and of wrapped keys.

Once a day each copy is walked from end to end: every object whose lock has less than 83 of its 90 days left
is locked anew (`vault.stores.object_lock`). So one walk a week does the work, and one that fails has eleven
weeks to be put right. Each copy has a thread of its own; one that is away is tried again, with growing
pauses.

How far it is stands in a file that the health page and `amana status` read: it is a shortcut for people and
may be lost. What is true of a lock, only the store can tell.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vault import disk
from vault.errors import VaultError
from vault.stores.base import Store
from vault.stores.object_lock import LockingStore, Walk, renew_all

log = logging.getLogger(__name__)

EVERY = 86_400.0
"""Seconds between the beginnings of two walks over a copy."""
PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds until a walk that broke off is begun again: at first, and at most; doubled each time."""
TOLD_EVERY = 5.0
"""Seconds between two notes of how far a walk is."""
LATE = timedelta(days=3)
"""A copy that was not walked to its end for so long is worth looking at."""

Lives = Callable[[str], bool]
"""Whether what lies under a key has to be kept."""


class LivesUnknown(VaultError):
    """What lives cannot be known at the moment: the walk is tried again later."""


@dataclass(frozen=True)
class RenewalState:
    """How far the renewal of one copy is. Times are seconds since the epoch."""

    since: float
    """When it was first tried, or last walked to its end: what *late* is counted from."""
    looked_at: int = 0
    """Objects in the walk that goes on, or in the last one."""
    renewed: int = 0
    failed: int = 0
    """Living objects whose lock could not be renewed."""
    why: str | None = None
    """What failed first, or why the walk broke off: a name and a sentence, for a log."""
    ended: float | None = None
    """When a walk last came to its end; None: never yet."""

    @property
    def well(self) -> bool:
        """Whether no renewal failed and `since` is at most `LATE` ago."""
        late = datetime.now(UTC) - datetime.fromtimestamp(self.since, UTC) > LATE
        return not self.failed and not late


class Renewal:
    """Walks each of `stores` that can lock. `start` it once; it works until `stop`.

    `lives`: asked at the beginning of each walk; may raise `LivesUnknown`. `note`: the file that says how far
    it is. `every`, `pause`: see the constants, in seconds.
    """

    def __init__(
        self,
        stores: Mapping[str, Store],
        lives: Callable[[], Lives],
        note: Path,
        every: float = EVERY,
        pause: float = PAUSE,
    ) -> None:
        self._stores, self._lives, self._note, self._every, self._pause = stores, lives, note, every, pause
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._standing = dict(renewal_states(note))
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the threads end with the process, or at `stop`."""
        for name, store in self._stores.items():
            if isinstance(store, LockingStore):
                thread = threading.Thread(
                    target=self._run, args=(name, store), name=f"locks-{name}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End them; a walk is broken off between two objects, and begun anew at the next start."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout)

    def walk(self, name: str, store: LockingStore) -> bool:
        """Walk one copy once; whether it came to its end. Notes how far it is."""
        before = self._standing.get(name) or RenewalState(time.time())
        told = time.monotonic()

        def tell(walk: Walk) -> None:
            nonlocal told
            if self._stop.is_set():
                raise _Ending
            if time.monotonic() - told >= TOLD_EVERY:
                told = time.monotonic()
                self._keep(name, _after(before, walk))

        try:
            if not store.abilities().write_once:
                self._keep(name, None)  # there is nothing to renew, and the store itself says so
                return True
            walk = renew_all(store, self._lives(), tell)
        except _Ending:
            return False
        except VaultError as error:
            why = f"{type(error).__name__}: {error}"
            log.warning("the locks of the %s: %s", name, why)
            self._keep(name, replace(before, why=why))
            return False
        self._keep(name, replace(_after(before, walk), since=time.time(), ended=time.time()))
        log.info("the locks of the %s: %d looked at, %d renewed", name, walk.looked_at, walk.renewed)
        return not walk.failed

    def _run(self, name: str, store: LockingStore) -> None:
        pause = self._pause
        while not self._stop.is_set():
            try:
                well = self.walk(name, store)
            except Exception:
                # Whatever it was: a lock that nobody renews is worse than a walk too many.
                log.exception("the locks of the %s", name)
                well = False
            self._stop.wait(self._every if well else pause)
            pause = self._pause if well else min(2 * pause, LONGEST_PAUSE)

    def _keep(self, name: str, now: RenewalState | None) -> None:
        with self._turn:
            if now is None:
                self._standing.pop(name, None)
            else:
                self._standing[name] = now
            try:
                noted = {copy: asdict(one) for copy, one in self._standing.items()}
                disk.replace(disk.DISK, self._note, json.dumps(noted).encode())
            except (VaultError, OSError) as error:
                log.warning("how far locks are renewed was not noted: %s", type(error).__name__)


class _Ending(Exception):
    """The service ends."""


def renewal_states(note: Path) -> Mapping[str, RenewalState]:
    """How far it is, by copy; nothing where that was never noted, or cannot be read."""
    try:
        noted = json.loads(note.read_text())
        return {str(name): RenewalState(**one) for name, one in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _after(before: RenewalState, walk: Walk) -> RenewalState:
    return replace(
        before, looked_at=walk.looked_at, renewed=walk.renewed, failed=walk.failed, why=walk.first_failure
    )
