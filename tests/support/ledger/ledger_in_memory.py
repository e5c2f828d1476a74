"""A ledger's storage in memory, and one that fails in every way a disk or a database can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from chain_of_custody.errors import StorageConflict
from chain_of_custody.tlog.checkpoint import LocalSigner

ORIGIN = "amana/0123456789abcdef0123456789abcdef"


def signer(
    seed: int = 1, origin: str = ORIGIN, now: Callable[[], float] = lambda: 1_795_550_000
) -> LocalSigner:
    """A signer with keys made from one byte, at a fixed time."""
    return LocalSigner(
        Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32),
        MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32),
        origin,
        now,
    )


class MemoryStorage:
    """The whole of the storage protocol; every commit is atomic."""

    def __init__(self) -> None:
        self.note: bytes | None = None
        self.leaves: list[bytes] = []
        self.subtrees: dict[tuple[int, int], bytes] = {}
        self.commits = 0
        self._lock = Lock()

    def checkpoint(self) -> bytes | None:
        return self.note

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        with self._lock:
            if self.note != previous:
                raise StorageConflict("the stored checkpoint is another one")
            assert first_index == len(self.leaves)
            self.commits += 1
            self.leaves.extend(entries)
            for level, index, value in nodes:
                assert (level, index) not in self.subtrees, "a complete subtree is stored once"
                self.subtrees[level, index] = value
            self.note = checkpoint

    def entries(self, indices: Sequence[int]) -> list[bytes]:
        return [self.leaves[index] for index in indices]

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()

    def nodes(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self.subtrees[place] for place in places]


class FaultyStorage(MemoryStorage):
    """Fails the next commits as planned: each plan says what it raises and whether it keeps all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: list[tuple[type[Exception], bool]] = []

    def commit(
        self,
        previous: bytes | None,
        first_index: int,
        entries: Sequence[bytes],
        nodes: Sequence[tuple[int, int, bytes]],
        checkpoint: bytes,
    ) -> None:
        if not self.plans:
            return super().commit(previous, first_index, entries, nodes, checkpoint)
        error, kept = self.plans.pop(0)
        if kept:
            super().commit(previous, first_index, entries, nodes, checkpoint)
        raise error("as planned")
