"""Where a ledger lives: what the ledger asks of a database or a folder of files.

Not trusted. The ledger holds whatever it reads here against signed checkpoints, and whoever reads tiles
does the same. What *is* relied on: a commit is atomic, durable when it returns, and compares before it
swaps. Without that, receipts would be false.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Storage(Protocol):
    """Where a ledger lives. Called from several threads; each call sees what was last committed."""

    def checkpoint(self) -> bytes | None:
        """The signed note committed last; None if nothing was ever committed."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """The turn to read, sign and commit, where several processes write: they are served in the order in
        which they came, so that none loses its commits to the others again and again.

        For fairness alone: it may be lost in the middle (a process that sleeps is passed over), and what is
        committed is compared all the same. Raises `StorageFailed` if it does not come.
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
        """Keep all of this or nothing, and make it durable before returning.

        `entries` are numbers `first_index` onwards, `nodes` the complete subtrees they complete:
        `(level, index, hash)`. The first commit of a ledger has none of either and `previous` None.

        Raises `StorageConflict` if the stored checkpoint is not `previous`, `ChainConflict` if an
        entry's place in its own chain is taken (a rule storage may keep); then nothing was kept.
        Raises `StorageFailed` for everything else: it may have been kept or not.
        """
        ...

    def entries(self, indices: Sequence[int]) -> Sequence[bytes]:
        """The entries with these numbers, in this order. Raises `StorageFailed` where one is missing."""
        ...

    def nodes(self, places: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """The hashes of complete subtrees, in this order: of `(level, index)` the one over leaves
        `index << level` up to `(index + 1) << level`. Raises as `entries`.

        Many at once, because a database answers one question about forty faster than forty questions.
        """
        ...
