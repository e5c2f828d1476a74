"""Background work of the keyholder process for the wrapped keys, with its own credentials.

1. One thread copies them, and the escrow, to both copies. An unavailable copy is retried with growing pauses;
   until then, wraps that it lacks wait on the keyholder's own disk, and are read from there.
2. For each copy that is a bucket, one thread renews their locks (`amana.keyholder.object_lock_renewal`).
3. For each copy, one thread checks whether it answers, what its bucket supports, and whether users have too
   much access (`amana.keyholder.isolation_check`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from amana.keyholder.object_lock_renewal import Renewal, renewal_states
from vault.errors import VaultError
from vault.keyholders.escrow import EscrowReplication
from vault.stores.base import Store
from vault.stores.object_lock import LockingStore
from vault.wrapped_keys.store import KeyStore

log = logging.getLogger(__name__)

PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds until a failed replication is retried: first, and at most; doubled each time."""
LOOK_EVERY = 60.0
"""Seconds between two checks of a copy."""


@dataclass(frozen=True)
class CopyCheck:
    """State of one copy at its last check."""

    error: str | None = None
    """The name of the failure; None: the copy answers."""
    why: str | None = None
    write_once: bool | None = None
    """None for a folder, which cannot lock."""
    holds: bool | None = None
    missing: tuple[str, ...] = ()
    crossings: tuple[str, ...] = ()
    """Sentences that name the users with too much access."""


class WrappedKeyReplication:
    """Works inside its `with` block.

    `note`: the file with the progress of lock renewal. `crossed`: returns, for a copy's name, the users with
    too much access; called once for each copy that answers."""

    def __init__(
        self,
        store: KeyStore,
        note: Path,
        crossed: Callable[[str], Sequence[str]] = lambda copy: (),
        look_every: float = LOOK_EVERY,
        escrow: EscrowReplication | None = None,
    ) -> None:
        self._store, self._note, self._crossed, self._look_every = store, note, crossed, look_every
        self._escrow = escrow
        self._stop = threading.Event()
        self._checks: dict[str, CopyCheck] = {}
        self._crossings: dict[str, tuple[str, ...]] = {}
        self._renewal = Renewal(store.stores, lambda: store.lives, note)
        self._threads = [threading.Thread(target=self._carry, name="wraps", daemon=True)]
        for name, copy in store.stores.items():
            self._threads.append(
                threading.Thread(target=self._watch, args=(name, copy), name=f"look-{name}", daemon=True)
            )

    def __enter__(self) -> WrappedKeyReplication:
        self._store.news.set()  # for wraps that an earlier process left
        for thread in self._threads:
            thread.start()
        self._renewal.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._store.news.set()
        self._renewal.stop()
        for thread in self._threads:
            thread.join(2.0)

    def status(self) -> Mapping[str, Any]:
        """Return `waiting`, the number of wraps that a copy lacks, and `copies` by name.

        Each copy has the fields of `CopyCheck`, `failed` (its last failure, or null) and
        `renewal` (`object_lock_renewal.RenewalState`, or null). A copy is null before its first check. Never
        waits for a copy."""
        status, renewals = self._store.status(), renewal_states(self._note)
        copies: dict[str, Any] = {}
        for name in self._store.stores:
            check, renewal = self._checks.get(name), renewals.get(name)
            copies[name] = check and {
                **asdict(check),
                "failed": status.trouble.get(name),
                "renewal": None if renewal is None else asdict(renewal),
            }
        return {"waiting": status.waiting, "copies": copies}

    def look(self, name: str, store: Store) -> CopyCheck:
        """Check one copy now."""
        try:
            next(iter(store.list("")), None)
            able = store.abilities() if isinstance(store, LockingStore) else None
            if name not in self._crossings:
                self._crossings[name] = tuple(self._crossed(name))
        except VaultError as error:
            return CopyCheck(type(error).__name__, str(error))
        crossings = self._crossings[name]
        if able is None:
            return CopyCheck(crossings=crossings)
        return CopyCheck(None, None, able.write_once, able.holds, able.missing, crossings)

    def _watch(self, name: str, store: Store) -> None:
        while True:
            try:
                self._checks[name] = self.look(name, store)
            except Exception as error:
                log.exception("looking at the %s", name)
                self._checks[name] = CopyCheck(type(error).__name__)
            if self._stop.wait(self._look_every):
                return

    def _carry(self) -> None:
        pause = PAUSE
        while not self._stop.is_set():
            self._store.news.wait(None if pause == PAUSE else pause)
            try:
                left = self._store.carry(self._stop.is_set)
                left += 0 if self._escrow is None else self._escrow.carry()
            except Exception:
                # Any error: the wraps are safe here, and must be retried.
                log.exception("wrapped keys were not carried")
                left = 1
            if not left:
                pause = PAUSE
                continue
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
