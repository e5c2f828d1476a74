"""Check before a recording whether it could be copied, stated in the ledger and signed.

Changes nothing permanently. A successful check may be followed by a failure; recording survives that (the
spool holds what the copies lack, signed statements wait). The check only gives an early warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from casework.center import Center
from casework.database.models import LedgerCheckpoint, StatementIndex
from casework.errors import DatabaseAway
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError
from vault.stores.base import Store


@dataclass(frozen=True)
class Readiness:
    """The results of the check."""

    copies: Mapping[str, bool]
    """Per copy, in order: whether its store answers."""
    ledger: bool
    """Whether a statement could be appended: the database accepts a write, the keyholder answers."""
    trial_keys: bool
    newest: datetime | None
    """The time of the newest statement; no clock can be earlier."""


def look(center: Center) -> Readiness:
    """Check everything once; takes as long as the slowest store."""
    copies = {name: answers(store) for name, store in center.stores.items()}
    try:
        trial = center.keyholder.status().trial
        center.ledger.checkpoint()
        with center.database.begin() as session:
            # Changes nothing, but needs the same lock as an append, and on SQLite the same disk.
            session.execute(update(LedgerCheckpoint).where(LedgerCheckpoint.id == -1).values(note=b""))
            newest = session.scalar(
                select(StatementIndex.at).order_by(StatementIndex.position.desc()).limit(1)
            )
    except (VaultError, CustodyError, DatabaseAway, SQLAlchemyError):
        return Readiness(copies, ledger=False, trial_keys=False, newest=None)
    return Readiness(copies, ledger=True, trial_keys=trial, newest=newest)


def answers(store: Store) -> bool:
    """Return whether a store answers; waits for its answer or its timeout."""
    try:
        next(iter(store.list("")), None)
    except VaultError:
        return False
    return True
