"""Projections: rows of the database that are derived from statements of the ledger.

`custody_log.append` applies a statement to the rows right after it is durable (`note`). A process that ends
in between leaves a statement without its row: `catch_up` finds it, in any process, as does a rebuild
(`take`). Each statement may be applied any number of times. One about a case that is not known here changes
nothing.

The functions are in `projection_access`, `projection_retention` and `projection_specimens`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.database.models import Case, StatementIndex
from casework.ledger import projection_access as access
from casework.ledger import projection_retention as retention
from casework.ledger import projection_specimens as specimens
from chain_of_custody.statements.statement import SignedStatement, Statement

if TYPE_CHECKING:
    from casework.center import Center

Projection: TypeAlias = Callable[[Session, int, Statement], None]
"""Applies a statement, at this position of the ledger, to the rows."""

PROJECTIONS: Mapping[str, Projection] = {
    "case.given": access.case_given,
    "case.withdrawn": access.case_withdrawn,
    "grant.given": access.grant_given,
    "grant.accepted": access.grant_accepted,
    "grant.withdrawn": access.grant_withdrawn,
    "copy.authorised": access.copy_authorised,
    "consent.recorded": access.consent_stated,
    "consent.withdrawn": access.consent_stated,
    "passage.excluded": access.passage_excluded,
    "passage.restored": access.passage_restored,
    "interview.opened": access.interview_opened,
    "interview.voided": access.interview_voided,
    "case.voided": access.case_voided,
    "derivative.checked": access.derivative_checked,
    "intimate.requested": access.intimate_requested,
    "intimate.approved": access.intimate_answered,
    "intimate.refused": access.intimate_answered,
    "retention.set": retention.retention_set,
    "hold.placed": retention.hold_placed,
    "hold.lifted": retention.hold_lifted,
    "disposal.authorised": retention.disposal_stated,
    "disposal.refused": retention.disposal_stated,
    "evidence.disposed": retention.disposal_stated,
    "specimen.taken": specimens.taken,
    "specimen.handed-over": specimens.handed_over,
    "specimen.received": specimens.received,
    "specimen.recalled": specimens.recalled,
    "specimen.link-made": specimens.link_made,
    "specimen.destroyed": specimens.destroyed,
    "specimen.withdrawn": specimens.withdrawn,
}
"""Type of statement → its projection. The modules of all other types update their rows themselves."""


def note(center: Center, position: int) -> None:
    """Apply the statement at this position to the rows."""
    statement = SignedStatement.parse(center.ledger.entry(position)).statement
    with center.database.begin() as session:
        take(session, position, statement)


def catch_up(center: Center, after: int = -1) -> int:
    """Apply every statement after this position, in the ledger's order; return the last one's position.

    A statement whose row exists already changes nothing.
    """
    with center.database() as session:
        rows = session.execute(
            select(StatementIndex.position, StatementIndex.type, StatementIndex.chain)
            .where(StatementIndex.type.in_(PROJECTIONS), StatementIndex.position > after)
            .order_by(StatementIndex.position)
        ).all()
    # Only a case's newest retention statement counts: no earlier one may apply again, even for a moment.
    newest = {row.chain: row.position for row in rows if row.type == "retention.set"}
    for row in rows:
        if row.type != "retention.set" or newest[row.chain] == row.position:
            note(center, row.position)
    return max((row.position for row in rows), default=after)


def take(session: Session, position: int, statement: Statement) -> None:
    """Apply one statement to the rows, in the ledger's order."""
    apply = PROJECTIONS.get(statement.type)
    if apply is not None and statement.case is not None and session.get(Case, statement.case) is not None:
        apply(session, position, statement)
        session.flush()
