"""Destroying what a store holds, version by version, and telling what is left and until when.

Apart from `Store`: those who write, read and repair have no use for it. A version goes only if no lock and no
hold is on it, whatever was asked; what is not gone is told with the date from which on it can go. That
nothing is left is true only if a listing says so that was made afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from vault.errors import StillKept, StoreRefused, StoreUnavailable, VaultError
from vault.stores.base import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptVersion:
    """One version of one object, with what keeps it."""

    key: str
    version: str
    """The store's name for it; in a folder `object`, or `damaged-…` for what was set aside by a repair."""
    until: datetime | None = None
    """The end of its lock; None where none is on it, or it has run out."""
    held: bool = False
    """Under legal hold."""

    @property
    def kept(self) -> bool:
        """Whether it cannot go now."""
        return self.held or (self.until is not None and self.until > datetime.now(UTC))


@runtime_checkable
class DestroyingStore(Store, Protocol):
    """A store whose objects can be destroyed; every real one."""

    def kept(self, prefix: str) -> Iterator[KeptVersion]:
        """Every version of every object whose key begins with `prefix`, whoever wrote it.

        `prefix` ends in a slash. Raises `StoreUnavailable`.
        """

    def destroy(self, key: str, version: str) -> None:
        """Destroy one version; gone on return. One that is gone already is no error.

        Raises `StillKept` for one that is locked or held, `StoreUnavailable`, `StoreRefused` where the store
        does not let these credentials do it.
        """


def destroy_all(
    store: DestroyingStore, versions: Sequence[KeptVersion], may_go: Callable[[], bool] = lambda: True
) -> None:
    """Destroy those of `versions` that nothing keeps, while `may_go` says so, which is asked before each.
    What fails does not keep the others from it.

    Raises `StoreUnavailable` where the store as a whole does not answer.
    """
    for one in versions:
        if one.kept:
            continue
        if not may_go():
            return
        try:
            store.destroy(one.key, one.version)
        except (StillKept, StoreRefused) as error:
            log.warning("%s is not destroyed: %s: %s", one.key, type(error).__name__, error)
        except StoreUnavailable:
            raise
        except VaultError as error:
            log.warning("%s is not destroyed: %s: %s", one.key, type(error).__name__, error)
