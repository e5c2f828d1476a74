"""Renewal of object locks in the background, for every copy that can lock: media and wrapped keys.

Once a day, all objects of each copy are listed. Every object whose lock has less than 83 of its 90 days left
is locked again (`vault.stores.object_lock`). So one walk a week does the work; if it fails, eleven weeks
remain to correct that. Each copy has a thread of its own; a copy that is away is retried, with growing
pauses.

A file records the progress for the health page and `amana status`. It is only for display and may be lost.
Only the store knows the true state of a lock.
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
"""Seconds between the starts of two walks over a copy."""
PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds until an aborted walk is restarted: first, and at most; doubled each time."""
REPORT_EVERY = 5.0
"""Seconds between two progress records of a walk."""
LATE = timedelta(days=3)
"""Without a complete walk for this long, a copy needs attention."""

Lives = Callable[[str], bool]
"""Whether the object under a key must be retained."""


class LivesUnknown(VaultError):
    """It is unknown which objects must be retained: the walk is retried later."""


@dataclass(frozen=True)
class RenewalState:
    """Progress of the renewal of one copy. Times are seconds since the epoch."""

    since: float
    """Time of the first attempt, or of the last complete walk: *late* is counted from it."""
    looked_at: int = 0
    """Objects in the current walk, or in the last one."""
    renewed: int = 0
    failed: int = 0
    """Living objects whose lock could not be renewed."""
    why: str | None = None
    """The first failure, or why the walk was aborted: a name and a sentence, for a log."""
    ended: float | None = None
    """Time of the last complete walk; None: never yet."""

    @property
    def well(self) -> bool:
        """Whether no renewal failed and `since` is at most `LATE` ago."""
        late = datetime.now(UTC) - datetime.fromtimestamp(self.since, UTC) > LATE
        return not self.failed and not late


class Renewal:
    """Walks each of `stores` that can lock. `start` it once; it works until `stop`.

    `lives`: called at the start of each walk; may raise `LivesUnknown`. `note`: the file for the progress.
    `every`, `pause`: see the constants, in seconds.
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
        self._states = dict(renewal_states(note))
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads; they end with the process, or at `stop`."""
        for name, store in self._stores.items():
            if isinstance(store, LockingStore):
                thread = threading.Thread(
                    target=self._run, args=(name, store), name=f"locks-{name}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Stop the threads. A walk is aborted between two objects, and restarted at the next start."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout)

    def walk(self, name: str, store: LockingStore) -> bool:
        """Walk one copy once, record the progress, and return whether the walk succeeded."""
        before = self._states.get(name) or RenewalState(time.time())
        reported = time.monotonic()

        def report(walk: Walk) -> None:
            nonlocal reported
            if self._stop.is_set():
                raise _Ending
            if time.monotonic() - reported >= REPORT_EVERY:
                reported = time.monotonic()
                self._keep(name, _after(before, walk))

        try:
            if not store.abilities().write_once:
                self._keep(name, None)  # nothing to renew; the store itself reports it
                return True
            walk = renew_all(store, self._lives(), report)
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
                # Any error: a lock that expires is worse than an unnecessary walk.
                log.exception("the locks of the %s", name)
                well = False
            self._stop.wait(self._every if well else pause)
            pause = self._pause if well else min(2 * pause, LONGEST_PAUSE)

    def _keep(self, name: str, now: RenewalState | None) -> None:
        with self._turn:
            if now is None:
                self._states.pop(name, None)
            else:
                self._states[name] = now
            try:
                noted = {copy: asdict(one) for copy, one in self._states.items()}
                disk.replace(disk.DISK, self._note, json.dumps(noted).encode())
            except (VaultError, OSError) as error:
                log.warning("how far locks are renewed was not noted: %s", type(error).__name__)


class _Ending(Exception):
    """The service is stopping."""


def renewal_states(note: Path) -> Mapping[str, RenewalState]:
    """Return the progress by copy; empty where it was never recorded, or cannot be read."""
    try:
        noted = json.loads(note.read_text())
        return {str(name): RenewalState(**one) for name, one in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _after(before: RenewalState, walk: Walk) -> RenewalState:
    return replace(
        before, looked_at=walk.looked_at, renewed=walk.renewed, failed=walk.failed, why=walk.first_failure
    )
