"""What a center remembers of its people: the registry as its ledger has it, read on from where it was read
last, and names that were opened.

Kept by a `Center`, so it knows no database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from chain_of_custody.statements.registry import Registry
from chain_of_custody.statements.statement import SignedStatement

REMEMBERED = 10_000
"""Names that a process keeps; a center has far fewer people. With more, it forgets all and begins again."""


class KnownRegistry:
    """For all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._registry: Registry | None = None

    def now(
        self, begin: Callable[[], Registry], later: Callable[[int], Iterable[tuple[int, bytes]]]
    ) -> Registry:
        """The registry up to its newest statement; a copy, to keep or to try a statement on.

        `begin` makes an empty one; `later` gives position and leaf of the statements after a number of the
        chain (-1: of all). Raises `chain_of_custody.errors.NotProved`, `Malformed` for what no verifier would
        take.
        """
        with self._lock:
            registry = self._registry = self._registry or begin()
            seen = -1 if registry.head is None else registry.head.number
            for position, leaf in later(seen):
                registry.add(position, SignedStatement.parse(leaf))
            return registry.copy()


class KnownNames:
    """Names that were opened, for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[tuple[str, bytes], str] = {}

    def get(self, person: str, sealed: bytes) -> str | None:
        """Return the name that `sealed` was opened to for this person; None if it is not in the cache."""
        with self._lock:
            return self._names.get((person, sealed))

    def keep(self, person: str, sealed: bytes, name: str) -> None:
        """Cache the name that `sealed` was opened to; a full cache is emptied first."""
        with self._lock:
            if len(self._names) >= REMEMBERED:
                self._names.clear()
            self._names[person, sealed] = name
