"""The newest statement of a chain: its row in the index, or the statement itself, read through the ledger.

The index is a cache: what it says about a statement is not proved. `last_statement` reads the leaf, which the
ledger checks against its signed tree.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.database.models import StatementIndex
from chain_of_custody.statements.statement import SignedStatement


def newest(session: Session, chain: str, type_: str | None = None) -> StatementIndex | None:
    """Return the row of a chain's newest statement, or of its newest one of a type; None if there is none."""
    query = select(StatementIndex).where(StatementIndex.chain == chain)
    if type_ is not None:
        query = query.where(StatementIndex.type == type_)
    return session.scalar(query.order_by(StatementIndex.number.desc()).limit(1))


def last_statement(center: Center, chain: str, type_: str | None = None) -> SignedStatement | None:
    """Return the statement that `newest` finds, read through the ledger."""
    with center.database() as session:
        row = newest(session, chain, type_)
    return None if row is None else SignedStatement.parse(center.ledger.entry(row.position))
