"""Stores that can lock: what is asked of them, and the walk that keeps everything locked while it lives.

A lock has an end, so that what has to be erased one day can be; and it must not end while the evidence lives.
So locks are short (90 days) and renewed all the time. A store in a folder cannot lock: it has none of these
methods, and nobody can take it for one that has.
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
"""Objects one after the other that a store does not answer for: then it is the store that is away."""


@dataclass(frozen=True)
class Abilities:
    """What a store was found to be able to do."""

    write_once: bool
    """Whether an object, once written with a lock, can neither be deleted nor have its lock shortened."""
    holds: bool
    """Whether legal hold can be set and lifted."""
    missing: tuple[str, ...] = ()
    """What it cannot do, each in a few words."""


@runtime_checkable
class LockingStore(Store, Protocol):
    """A store that may be able to lock what it keeps: `abilities` tells whether this one is."""

    def abilities(self) -> Abilities:
        """Tried out the first time, then remembered; one that is not able is tried out again a day later.

        Raises `StoreUnavailable`, `NotWriteOnce` where only a store that locks was wanted.
        """

    def renew(self, key: str) -> bool:
        """Lock what `key` stands for anew for the whole time, if its lock ends too soon; whether it was done.

        Raises `LockMissing` where the store did not do it, `NotWriteOnce`, `ObjectMissing`,
        `StoreUnavailable`.
        """

    def hold(self, key: str, held: bool) -> None:
        """Set legal hold on what `key` stands for, or lift it: while it is set no date ends the lock.

        Raises like `renew`.
        """


@dataclass
class Walk:
    """How far a walk over a store is; changes while it goes on."""

    looked_at: int = 0
    renewed: int = 0
    failed: int = 0
    """Objects that live and whose lock could not be renewed."""
    first_failure: str | None = None


def renew_all(
    store: LockingStore,
    lives: Callable[[str], bool] = lambda key: True,
    told: Callable[[Walk], object] = lambda walk: None,
) -> Walk:
    """Renew the lock of every object whose key `lives`. Objects that fail are counted, and the others go on.

    `told` is called after each object. Raises `StoreUnavailable` when the store as a whole goes away: when it
    gives no answer for `AWAY` objects one after the other. One alone, which the server can never answer for
    (a damaged disk under it), must not keep the locks of all that come after it from being renewed.
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
            log.warning("%s holds nothing of ours", key)  # somebody else wrote it: no loss, and worth a look
            continue
        except VaultError as error:
            log.warning("%s could not be renewed: %s: %s", key, type(error).__name__, error)
            walk.failed += 1
            walk.first_failure = walk.first_failure or f"{type(error).__name__}: {error}"
            unanswered = unanswered + 1 if isinstance(error, StoreUnavailable) else 0
            if unanswered >= AWAY:
                raise
        walk.looked_at += 1
        told(walk)
    return walk
