"""Projection of statements about specimens onto the working rows (`projections` says when):

    specimen.taken                      Specimen: the row that its taking reserved, or a new one
    specimen.handed-over                its pending handover; it leaves its kit
    specimen.received, .recalled        the handover is over; who received it has it
    specimen.link-made                  nothing but that it was stated
    specimen.destroyed, .withdrawn      its end

Links that open nothing any more are deleted with what ended them: those of the handover, of former holders,
and of receivers who came second.

A row follows the statements of its chain one after the other: one whose number is not the next changes
nothing, because it was applied before, or `projections.catch_up` applies the one before it first.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from casework.database.models import Specimen, SpecimenLink
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import Statement


def taken(session: Session, position: int, statement: Statement) -> None:
    """Add the specimen, or complete the row that was reserved for it."""
    body, actor, at = statement.body, statement.actor, moment(statement.at)
    row = session.get(Specimen, statement.evidence)
    if row is not None and row.stated > 0:
        return
    if row is None:
        row = Specimen(id=statement.evidence, case_id=str(statement.case), number=body["number"])
        session.add(row)
    row.kind, row.seal, row.storage, row.kit_id = body["kind"], body["seal"], body["storage"], body.get("kit")
    row.apart = row.kit_id is None
    row.taken_by, row.taken_at = actor.id, at
    _held(row, {"person": actor.id, "organisation": actor.organisation, "role": actor.role})
    _stated(session, row)


def handed_over(session: Session, position: int, statement: Statement) -> None:
    """Begin a handover; what was in a kit leaves it."""
    if (row := _next(session, statement)) is None:
        return
    body = statement.body
    _leave(row, body)
    row.handover, row.handed_at, row.receipt_until = (
        body["handover"],
        moment(statement.at),
        moment(body["until"]),
    )
    row.to_organisation, row.to_role = body["to"]["organisation"], body["to"]["role"]
    _stated(session, row)


def received(session: Session, position: int, statement: Statement) -> None:
    """End a handover: its receiver has the specimen."""
    if (row := _next(session, statement)) is None:
        return
    row.seal = statement.body["seal"]
    _held(row, statement.body["receiver"])
    _over(session, row)
    session.execute(delete(SpecimenLink).where(_about(row), SpecimenLink.holder != row.holder))
    _stated(session, row)


def recalled(session: Session, position: int, statement: Statement) -> None:
    """End a handover: its giver still has the specimen."""
    if (row := _next(session, statement)) is not None:
        _over(session, row)
        _stated(session, row)


def link_made(session: Session, position: int, statement: Statement) -> None:
    """Count the statement: the link itself is in no statement, and `links.renew` adds it."""
    if (row := _next(session, statement)) is not None:
        _stated(session, row)


def destroyed(session: Session, position: int, statement: Statement) -> None:
    """Note its end."""
    if (row := _next(session, statement)) is not None:
        _leave(row, statement.body)
        row.ended_at = moment(statement.at)
        session.execute(delete(SpecimenLink).where(_about(row)))
        _stated(session, row)


def withdrawn(session: Session, position: int, statement: Statement) -> None:
    """Note that it was entered in error."""
    if (row := _next(session, statement)) is not None:
        row.apart, row.withdrawn, row.ended_at = True, True, moment(statement.at)
        _stated(session, row)


def _next(session: Session, statement: Statement) -> Specimen | None:
    row = session.get(Specimen, statement.evidence)
    return row if row is not None and row.stated == statement.number else None


def _held(row: Specimen, party: Mapping[str, str]) -> None:
    row.holder = party["person"]
    row.holder_organisation, row.holder_role = party["organisation"], party["role"]


def _leave(row: Specimen, body: Mapping[str, Mapping[str, str]]) -> None:
    row.seal, row.apart = str(body["seal"]), True
    _held(row, body["giver"])


def _over(session: Session, row: Specimen) -> None:
    """End the pending handover, and the link for its receipt."""
    if row.handover is not None:
        session.execute(delete(SpecimenLink).where(SpecimenLink.handover == row.handover))
    row.handover = row.handed_at = row.receipt_until = row.to_organisation = row.to_role = None


def _about(row: Specimen) -> ColumnElement[bool]:
    """The links of a specimen, and of what is in it."""
    inside = select(Specimen.id).where(Specimen.kit_id == row.id, Specimen.apart.is_(False))
    return or_(SpecimenLink.specimen_id == row.id, SpecimenLink.specimen_id.in_(inside))


def _stated(session: Session, row: Specimen) -> None:
    """Count the statement, and end the claim under which it was made."""
    row.stated = (row.stated or 0) + 1
    place = row if row.kit_id is None else session.get(Specimen, row.kit_id)
    if place is not None:
        place.claimed_until = None
