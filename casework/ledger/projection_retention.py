"""Projection of statements about retention and disposal onto the working rows.

Which rows follow from which statement (`projections` says when):

    retention.set        Case.kind, Case.keep_until
    hold.placed/lifted   Hold
    disposal.authorised  Disposal; by a second person it is approved, and the item cannot be opened any more
    disposal.refused     Disposal; an item that was not gone yet can be opened again
    evidence.disposed    Disposal: every wrapped key is gone; Derivative: no fingerprint of it is left
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.database.models import (
    Case,
    CopyFinding,
    Derivative,
    Disposal,
    Evidence,
    EvidenceState,
    Hold,
)
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import Statement


def retention_set(session: Session, position: int, statement: Statement) -> None:
    """Set the type of the case, and until when a court requires retention."""
    case, until = session.get_one(Case, statement.case), statement.body["until"]
    case.kind = str(statement.body["kind"])
    case.keep_until = None if until is None else moment(until)


def hold_placed(session: Session, position: int, statement: Statement) -> None:
    """Add the hold."""
    body = statement.body
    if session.get(Hold, body["hold"]) is None:
        session.add(
            Hold(
                id=body["hold"],
                case_id=str(statement.case),
                reason=body["reason"],
                placed_by=statement.actor.id,
                placed_at=moment(statement.at),
                position=position,
            )
        )


def hold_lifted(session: Session, position: int, statement: Statement) -> None:
    """End the hold."""
    hold = session.get(Hold, statement.body["hold"])
    if hold is not None and hold.lifted_at is None:
        hold.lifted_by, hold.lifted_at = statement.actor.id, moment(statement.at)
        hold.lifted_position = position


def approved(session: Session, item: str) -> Disposal | None:
    """Return the disposal of this item that a second person has approved."""
    return session.scalar(select(Disposal).where(Disposal.item == item, Disposal.approved.is_(True)))


def disposal_stated(session: Session, position: int, statement: Statement) -> None:
    """Add a disposal with its request; later statements decide it, cancel it, or end it."""
    disposal = session.get(Disposal, statement.body["disposal"])
    if disposal is None:
        if statement.type == "disposal.authorised":
            session.add(
                Disposal(
                    id=statement.body["disposal"],
                    item=statement.evidence,
                    case_id=str(statement.case),
                    reason=statement.body["reason"],
                    requested_by=statement.actor.id,
                    requested_at=moment(statement.at),
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
        if disposal.disposed_at is not None:
            _erase_fingerprints(session, disposal)
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


def _erase_fingerprints(session: Session, disposal: Disposal) -> None:
    """Erase that of a copy, and those of orders of copies that were not made from it after all."""
    rows = session.scalars(
        select(Derivative).where(Derivative.case_id == disposal.case_id, Derivative.fingerprint.is_not(None))
    )
    for row in rows:
        if disposal.item in (row.id, *(source["evidence"] for source in row.sources)):
            row.fingerprint = None


def _open_again(session: Session, disposal: Disposal) -> None:
    part = session.get(Evidence, disposal.item)
    another = approved(session, disposal.item) is not None
    if part is not None and part.state is EvidenceState.DISPOSED and not another:
        part.state = EvidenceState.INTERRUPTED if part.reason else EvidenceState.COMPLETE
