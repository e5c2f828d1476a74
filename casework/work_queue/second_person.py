"""Work that waits for a second person, and answers for which the first one waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

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
    Role,
)
from casework.work_queue.work_item import (
    AT,
    NEWS,
    NEWS_SINCE,
    PERSON,
    Kind,
    WorkItem,
    of_derivative,
    opened,
    within,
)
from chain_of_custody.statements.types import RELEASED

_ITEM = aliased(Evidence)


def intimate_requests(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Other people's requests to open an intimate picture."""
    for request, picture in session.execute(_undecided(person.role), {"person": person.id, "at": at}):
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
    for request, picture in session.execute(_agreed(person.role), {"person": person.id, "at": at}):
        yield WorkItem(
            Kind.INTIMATE_AGREED,
            picture.id,
            request.decided_at or request.requested_at,
            picture.case,
            request.expires_at,
            request.decided_by,
            number=picture.number,
        )


@cache
def _undecided(role: Role) -> Select[IntimateRequest, Evidence]:
    return _requests().where(
        IntimateRequest.approved.is_(None),
        IntimateRequest.requested_by != PERSON,
        within(role, Act.APPROVE_INTIMATE, Evidence.case_id),
    )


@cache
def _agreed(role: Role) -> Select[IntimateRequest, Evidence]:
    return _requests().where(
        IntimateRequest.approved.is_(True),
        IntimateRequest.requested_by == PERSON,
        within(role, Act.SEE_INTIMATE, Evidence.case_id),
        ~opened(IntimateRequest.evidence_id, IntimateRequest.decided_at),
    )


def _requests() -> Select[IntimateRequest, Evidence]:
    return (
        select(IntimateRequest, Evidence)
        .join(Evidence, Evidence.id == IntimateRequest.evidence_id)
        .where(IntimateRequest.expires_at > AT, _complete(IntimateRequest.evidence_id))
    )


def copies_to_check(session: Session, person: Person) -> Iterator[WorkItem]:
    """Working copies of other people, to be checked."""
    for row, case in session.execute(_unchecked(person.role), {"person": person.id}):
        if person.id not in (row.authors or ()):
            yield of_derivative(Kind.COPY_TO_CHECK, row, case, since=row.ordered_at, by=row.ordered_by)


def copies_checked(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """This person's working copies that another one has checked."""
    asked = {"person": person.id, "news_since": at - NEWS}
    for row, case in session.execute(_checked(person.role), asked):
        kind = Kind.COPY_ACCEPTED if row.accepted else Kind.COPY_REJECTED
        yield of_derivative(kind, row, case, since=row.checked_at or row.ordered_at, by=row.checked_by)


@cache
def _unchecked(role: Role) -> Select[Derivative, Case]:
    return _made().where(
        Derivative.accepted.is_(None),
        Derivative.ordered_by != PERSON,
        within(role, Act.CHECK_DERIVATIVE, Derivative.case_id),
    )


@cache
def _checked(role: Role) -> Select[Derivative, Case]:
    return _made().where(
        Derivative.accepted.is_not(None),
        Derivative.ordered_by == PERSON,
        Derivative.checked_at > NEWS_SINCE,
        within(role, Act.SEE_CASE, Derivative.case_id),
        ~opened(Derivative.id, Derivative.checked_at),
    )


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
    for row, case in session.execute(_disposals(person.role), {"person": person.id}):
        yield WorkItem(Kind.DISPOSAL_TO_DECIDE, row.id, row.requested_at, case, by=row.requested_by)


@cache
def _disposals(role: Role) -> Select[Disposal, Case]:
    return (
        select(Disposal, Case)
        .join(Case, Case.id == Disposal.case_id)
        .where(
            Disposal.approved.is_(None),
            Disposal.requested_by != PERSON,
            within(role, Act.DISPOSE_EVIDENCE, Disposal.case_id),
        )
    )
