"""A center's caches about its people: the registry, read incrementally from the ledger, and decrypted
names.

Held by a `Center`, so it knows no database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.statement import SignedStatement

REMEMBERED = 10_000
"""Names that a process caches; a center has far fewer people. A full cache is emptied."""


class RegistryCache:
    """The registry, for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._registry: Registry | None = None

    def now(
        self, begin: Callable[[], Registry], later: Callable[[int], Iterable[tuple[int, bytes]]]
    ) -> Registry:
        """Return the registry up to its newest statement; a copy, to hold or to try a statement on.

        `begin` makes an empty one; `later` gives position and leaf of the statements after a number of the
        chain (-1: all). Raises `chain_of_custody.errors.NotProved`, and `Malformed` for what no verifier
        would accept.
        """
        with self._lock:
            registry = self._registry = self._registry or begin()
            number = -1 if registry.head is None else registry.head.number
            for position, leaf in later(number):
                registry.add(position, SignedStatement.parse(leaf))
            return registry.copy()


class NameCache:
    """Decrypted names, for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[tuple[str, bytes], str] = {}

    def get(self, person: str, sealed: bytes) -> str | None:
        """Return the name that `sealed` decrypts to for this person; None if it is not in the cache."""
        with self._lock:
            return self._names.get((person, sealed))

    def keep(self, person: str, sealed: bytes, name: str) -> None:
        """Cache the name that `sealed` decrypts to; a full cache is emptied first."""
        with self._lock:
            if len(self._names) >= REMEMBERED:
                self._names.clear()
            self._names[person, sealed] = name
