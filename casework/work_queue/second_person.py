"""Work that waits for a second person, and answers for which the first one waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from casework.access.permissions import Act
from casework.database.models import (
    Case,
    Derivative,
    DerivativeState,
    Disposal,
    Evidence,
    EvidenceState,
    IntimateRequest,
    Person,
)
from casework.work_queue.work_item import NEWS, Kind, WorkItem, of_derivative, opened, within
from chain_of_custody.statements.types import RELEASED

_ITEM = aliased(Evidence)


def intimate_requests(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Other people's requests to open an intimate picture."""
    query = _requests(at).where(
        IntimateRequest.approved.is_(None),
        IntimateRequest.requested_by != person.id,
        within(person, Act.APPROVE_INTIMATE, Evidence.case_id),
    )
    for request, picture in session.execute(query):
        yield WorkItem(
            Kind.INTIMATE_REQUEST,
            request.id,
            request.requested_at,
            picture.case,
            request.expires_at,
            request.requested_by,
            number=picture.number,
        )


def intimate_agreed(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Intimate pictures that this person may open now and has not opened."""
    looked_at = opened(person, IntimateRequest.evidence_id, IntimateRequest.decided_at)
    query = _requests(at).where(
        IntimateRequest.approved.is_(True),
        IntimateRequest.requested_by == person.id,
        within(person, Act.SEE_INTIMATE, Evidence.case_id),
        ~looked_at,
    )
    for request, picture in session.execute(query):
        yield WorkItem(
            Kind.INTIMATE_AGREED,
            picture.id,
            request.decided_at or request.requested_at,
            picture.case,
            request.expires_at,
            request.decided_by,
            number=picture.number,
        )


def _requests(at: datetime) -> Select[IntimateRequest, Evidence]:
    return (
        select(IntimateRequest, Evidence)
        .join(Evidence, Evidence.id == IntimateRequest.evidence_id)
        .where(IntimateRequest.expires_at > at, _complete(IntimateRequest.evidence_id))
    )


def copies_to_check(session: Session, person: Person) -> Iterator[WorkItem]:
    """Working copies of other people, to be checked."""
    query = _made().where(
        Derivative.accepted.is_(None),
        Derivative.ordered_by != person.id,
        within(person, Act.CHECK_DERIVATIVE, Derivative.case_id),
    )
    for row, case in session.execute(query):
        if person.id not in (row.authors or ()):
            yield of_derivative(Kind.COPY_TO_CHECK, row, case, since=row.ordered_at, by=row.ordered_by)


def copies_checked(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """This person's working copies that another one has checked."""
    query = _made().where(
        Derivative.accepted.is_not(None),
        Derivative.ordered_by == person.id,
        Derivative.checked_at > at - NEWS,
        within(person, Act.SEE_CASE, Derivative.case_id),
        ~opened(person, Derivative.id, Derivative.checked_at),
    )
    for row, case in session.execute(query):
        kind = Kind.COPY_ACCEPTED if row.accepted else Kind.COPY_REJECTED
        yield of_derivative(kind, row, case, since=row.checked_at or row.ordered_at, by=row.checked_by)


def _made() -> Select[Derivative, Case]:
    """Sealed working copies that need a second person."""
    return (
        select(Derivative, Case)
        .join(Case, Case.id == Derivative.case_id)
        .where(
            Derivative.kind.in_(RELEASED),
            Derivative.state == DerivativeState.MADE,
            _complete(Derivative.id),
        )
    )


def _complete(item: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether an item is complete. In a join, SQLite would begin with all evidence, on every page."""
    return select(_ITEM.id).where(_ITEM.id == item, _ITEM.state == EvidenceState.COMPLETE).exists()


def disposals_to_decide(session: Session, person: Person) -> Iterator[WorkItem]:
    """Other people's requests to destroy an item."""
    query = (
        select(Disposal, Case)
        .join(Case, Case.id == Disposal.case_id)
        .where(
            Disposal.approved.is_(None),
            Disposal.requested_by != person.id,
            within(person, Act.DISPOSE_EVIDENCE, Disposal.case_id),
        )
    )
    for row, case in session.execute(query):
        yield WorkItem(Kind.DISPOSAL_TO_DECIDE, row.id, row.requested_at, case, by=row.requested_by)
