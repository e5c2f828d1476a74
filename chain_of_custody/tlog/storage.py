"""The interface of a ledger's storage: a database or a folder of files.

Not trusted. The ledger checks whatever it reads here against signed checkpoints, and so do readers of
tiles. The ledger *does* rely on commits: a commit is atomic, durable when it returns, and compares before
it swaps. Without that, receipts would be false.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Storage(Protocol):
    """A ledger's storage. Called from several threads; each call sees the newest commit."""

    def checkpoint(self) -> bytes | None:
        """Return the signed note committed last; None if nothing was ever committed."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Return a context manager for the turn to read, sign and commit, where several processes write.

        Processes are served in order of arrival, so that none loses its commits to the others repeatedly. The
        turn is only for fairness: a process may lose it midway (a suspended process is skipped), and `commit`
        compares in any case. Raises `StorageFailed` if the turn does not come.
        """
        ...

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        """Store all of this or nothing, and make it durable before returning.

        `entries` are numbers `first_index` onwards, `nodes` the subtrees that they complete:
        `(level, index, hash)`. The first commit of a ledger has none of either and `previous` None.

        Raises `StorageConflict` if the stored checkpoint is not `previous`, `ChainConflict` if an
        entry's place in its own chain is taken (a rule storage may enforce); nothing was stored then.
        Raises `StorageFailed` for everything else: the commit may have been stored or not.
        """
        ...

    def entries(self, indices: Sequence[int]) -> Sequence[bytes]:
        """Return the entries with these numbers, in this order. Raises `StorageFailed` if one is missing."""
        ...

    def nodes(self, places: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """Return the hashes of complete subtrees, in this order.

        `(level, index)` is the subtree over leaves `index << level` up to `(index + 1) << level`. Raises as
        `entries`. Many at once, because a database answers one query for forty faster than forty queries.
        """
        ...
