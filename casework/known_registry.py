"""The registry as this center's ledger has it, read on from where it was read last.

The database is not believed, it only says where to look: a statement counts only if it is in the ledger's
signed tree, has the center's own signature on it, and comes next in the registry's chain.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.models import StatementIndex
from chain_of_custody.keys import KeyRecord
from chain_of_custody.registry import Registry
from chain_of_custody.statements import SignedStatement

if TYPE_CHECKING:
    from casework.center import Center


class KnownRegistry:
    """Kept by a `Center`; for all its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._registry: Registry | None = None

    def now(self, center: Center) -> Registry:
        """The registry up to its newest statement; a copy, to keep or to try a statement on.

        Raises `chain_of_custody.errors.NotProved` if the ledger holds what no verifier would take.
        """
        with self._lock:
            if self._registry is None:
                public = center.keyholder.public_keys().center
                self._registry = Registry(center.deployment, KeyRecord(public, "center", "center"))
            registry = self._registry
            seen = -1 if registry.head is None else registry.head.number
            with center.database() as session:
                positions = session.scalars(
                    select(StatementIndex.position)
                    .where(StatementIndex.chain == center.deployment, StatementIndex.number > seen)
                    .order_by(StatementIndex.number)
                ).all()
            for position in positions:
                registry.add(position, SignedStatement.parse(center.ledger.entry(position)))
            return registry.copy()
