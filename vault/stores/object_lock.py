"""The interface of stores that can lock, and the pass that renews the locks of live objects.

A lock has an end, so that evidence can be erased one day; and it must not end while the evidence lives.
So locks are short (90 days) and renewed continually. A store in a folder cannot lock: it has none of these
methods, and cannot be mistaken for one that has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vault.errors import ObjectMissing, StoreUnavailable, VaultError
from vault.stores.base import Store

log = logging.getLogger(__name__)

AWAY = 5
"""Consecutive objects without an answer from a store, after which the store counts as away."""


@dataclass(frozen=True)
class Abilities:
    """The capabilities found in a store."""

    write_once: bool
    """Whether an object, once written with a lock, can neither be deleted nor have its lock shortened."""
    holds: bool
    """Whether legal hold can be set and lifted."""
    missing: tuple[str, ...] = ()
    """The missing capabilities, each in a few words."""


@runtime_checkable
class LockingStore(Store, Protocol):
    """A store that may be able to lock its objects: `abilities` tells whether this one is."""

    def abilities(self) -> Abilities:
        """Return the capabilities: tried once, then remembered; if incomplete, tried again a day later.

        Raises `StoreUnavailable`, `NotWriteOnce` if a store that locks is required.
        """

    def renew(self, key: str) -> bool:
        """Renew the lock of `key`'s version for the whole time, if it ends too soon; whether it was renewed.

        Raises `LockMissing` if the store did not do it, `NotWriteOnce`, `ObjectMissing`,
        `StoreUnavailable`.
        """

    def hold(self, key: str, held: bool) -> None:
        """Set or lift legal hold on the version of `key`; while it is set, the lock does not end.

        Raises like `renew`.
        """


@dataclass
class Walk:
    """Progress of a pass over a store; changes during the pass."""

    looked_at: int = 0
    renewed: int = 0
    failed: int = 0
    """Live objects whose lock could not be renewed."""
    first_failure: str | None = None


def renew_all(
    store: LockingStore,
    lives: Callable[[str], bool] = lambda key: True,
    progress: Callable[[Walk], object] = lambda walk: None,
) -> Walk:
    """Renew the lock of every object whose key `lives`. Objects that fail are counted, the others continue.

    `progress` is called after each object. Raises `StoreUnavailable` if the store as a whole is away: if it
    gives no answer for `AWAY` consecutive objects. A single one that the server can never return (a damaged
    disk under it) must not prevent the renewal of the locks of all later ones.
    """
    walk, unanswered = Walk(), 0
    store.abilities()
    for key in store.list(""):
        if not lives(key):
            continue
        try:
            walk.renewed += store.renew(key)
            unanswered = 0
        except ObjectMissing:
            log.warning("%s holds nothing of ours", key)  # written by others: no loss, but worth a check
            continue
        except VaultError as error:
            log.warning("%s could not be renewed: %s: %s", key, type(error).__name__, error)
            walk.failed += 1
            walk.first_failure = walk.first_failure or f"{type(error).__name__}: {error}"
            unanswered = unanswered + 1 if isinstance(error, StoreUnavailable) else 0
            if unanswered >= AWAY:
                raise
        walk.looked_at += 1
        progress(walk)
    return walk
