"""Projection of statements about retention and disposal onto the working rows: the ledger decides.

The code that states an act then updates the rows (`note`). A process that dies in between leaves a statement
without its row: `catch_up` finds it, in whichever process looks next, as does a rebuild. Each statement may
be applied any number of times.

    retention.set        Case.kind, Case.keep_until
    hold.placed/lifted   Hold
    disposal.authorised  Disposal; by a second person it is approved, and the item cannot be opened any more
    disposal.refused     Disposal; an item that was not gone yet can be opened again
    evidence.disposed    Disposal: every wrapped key is gone
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.database.models import (
    Case,
    CopyFinding,
    Disposal,
    Evidence,
    EvidenceState,
    Hold,
    StatementIndex,
)
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement, Statement

if TYPE_CHECKING:
    from casework.center import Center

TYPES = (
    "retention.set",
    "hold.placed",
    "hold.lifted",
    "disposal.authorised",
    "disposal.refused",
    "evidence.disposed",
)


def note(center: Center, position: int) -> None:
    """Apply the statement at this position to the rows."""
    statement = SignedStatement.parse(center.ledger.entry(position)).statement
    with center.database.begin() as session:
        take(session, position, statement)


def catch_up(center: Center, after: int = -1) -> int:
    """Apply every statement after this position; return the position of the last one applied."""
    with center.database() as session:
        rows = session.execute(
            select(StatementIndex.position, StatementIndex.type, StatementIndex.chain)
            .where(StatementIndex.type.in_(TYPES), StatementIndex.position > after)
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
    body = statement.body
    match statement.type:
        case "retention.set":
            if (about := _case(session, statement.evidence)) is not None:
                about.kind = str(body["kind"])
                about.keep_until = None if body["until"] is None else moment(body["until"])
        case "hold.placed":
            if session.get(Hold, body["hold"]) is None and _case(session, statement.evidence) is not None:
                session.add(
                    Hold(
                        id=body["hold"],
                        case_id=statement.evidence,
                        reason=body["reason"],
                        placed_by=statement.actor.id,
                        placed_at=moment(statement.at),
                        position=position,
                    )
                )
        case "hold.lifted":
            hold = session.get(Hold, body["hold"])
            if hold is not None and hold.lifted_at is None:
                hold.lifted_by, hold.lifted_at = statement.actor.id, moment(statement.at)
                hold.lifted_position = position
        case "disposal.authorised" | "disposal.refused" | "evidence.disposed":
            _disposal(session, position, statement)
    session.flush()


def approved(session: Session, item: str) -> Disposal | None:
    """Return the disposal of this item that a second person has approved."""
    return session.scalar(select(Disposal).where(Disposal.item == item, Disposal.approved.is_(True)))


def _disposal(session: Session, position: int, statement: Statement) -> None:
    disposal = session.get(Disposal, statement.body["disposal"])
    at, by = moment(statement.at), statement.actor.id
    if disposal is None:
        case = _case(session, statement.case)
        if statement.type == "disposal.authorised" and case is not None:
            session.add(
                Disposal(
                    id=statement.body["disposal"],
                    item=statement.evidence,
                    case_id=case.id,
                    reason=statement.body["reason"],
                    requested_by=by,
                    requested_at=at,
                    requested_position=position,
                )
            )
        return
    if statement.evidence != disposal.item:
        return
    if disposal.disposed_at is None:
        _decide(disposal, position, statement)
    if disposal.approved:
        _close(session, disposal)
    elif statement.type == "disposal.refused":
        _open_again(session, disposal)


def _decide(disposal: Disposal, position: int, statement: Statement) -> None:
    at, by = moment(statement.at), statement.actor.id
    match statement.type:
        case "disposal.authorised":
            if disposal.approved is None and by != disposal.requested_by:
                disposal.approved, disposal.decided_by, disposal.decided_at = True, by, at
                disposal.decided_position = position
        case "disposal.refused":
            if disposal.approved is not False:
                disposal.approved, disposal.decided_by, disposal.decided_at = False, by, at
                disposal.decided_position = position
        case "evidence.disposed":
            disposal.disposed_at, disposal.disposed_position = at, position


def _case(session: Session, case_id: str | None) -> Case | None:
    return None if case_id is None else session.get(Case, case_id)


def _close(session: Session, disposal: Disposal) -> None:
    part = session.get(Evidence, disposal.item)
    if part is not None:
        part.state = EvidenceState.DISPOSED
        # The item is not repaired any more, so no finding about it stays open.
        session.execute(
            update(CopyFinding)
            .where(CopyFinding.evidence_id == part.id, CopyFinding.repaired_at.is_(None))
            .values(repaired_at=disposal.decided_at)
        )


def _open_again(session: Session, disposal: Disposal) -> None:
    part = session.get(Evidence, disposal.item)
    another = approved(session, disposal.item) is not None
    if part is not None and part.state is EvidenceState.DISPOSED and not another:
        part.state = EvidenceState.INTERRUPTED if part.reason else EvidenceState.COMPLETE
