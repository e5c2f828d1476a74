"""Destruction of a store's contents, version by version, with a report of what is left and until when.

Separate from `Store`: code that writes, reads and repairs does not need it. A version is destroyed only if no
lock and no hold is on it, whatever the request; each remaining version is reported with the date from which
it can be destroyed. Only a listing made afterwards proves that nothing is left.
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
    """One version of one object, with its lock and hold."""

    key: str
    version: str
    """The store's name for it; in a folder `object`, or `damaged-…` for what was set aside by a repair."""
    until: datetime | None = None
    """The end of its lock; None if it has none, or it has expired."""
    held: bool = False
    """Under legal hold."""

    @property
    def kept(self) -> bool:
        """Whether a lock or a hold protects it now."""
        return self.held or (self.until is not None and self.until > datetime.now(UTC))


@runtime_checkable
class DestroyingStore(Store, Protocol):
    """A store whose objects can be destroyed; every real one."""

    def kept(self, prefix: str) -> Iterator[KeptVersion]:
        """Yield every version of every object whose key begins with `prefix`, including foreign ones.

        `prefix` ends in a slash. Raises `StoreUnavailable`.
        """

    def destroy(self, key: str, version: str) -> None:
        """Destroy one version; gone on return. A version that no longer exists is no error.

        Raises `StillKept` for one that is locked or held, `StoreUnavailable`, `StoreRefused` if the store
        does not permit it to these credentials.
        """


def destroy_all(
    store: DestroyingStore, versions: Sequence[KeptVersion], may_go: Callable[[], bool] = lambda: True
) -> None:
    """Destroy those of `versions` that have no lock or hold, while `may_go`, called before each, is true.
    A failure does not stop the others.

    Raises `StoreUnavailable` if the store as a whole does not answer.
    """
    for version in versions:
        if version.kept:
            continue
        if not may_go():
            return
        try:
            store.destroy(version.key, version.version)
        except (StillKept, StoreRefused) as error:
            log.warning("%s is not destroyed: %s: %s", version.key, type(error).__name__, error)
        except StoreUnavailable:
            raise
        except VaultError as error:
            log.warning("%s is not destroyed: %s: %s", version.key, type(error).__name__, error)
