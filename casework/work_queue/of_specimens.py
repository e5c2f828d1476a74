"""Work about specimens: receipts that are to be confirmed, and those that nobody has confirmed in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act
from casework.database.models import Case, Person, Role, Specimen
from casework.work_queue.work_item import AT, PERSON, Kind, WorkItem, within

_ORGANISATION: BindParameter[str] = bindparam("organisation")


def to_receive(session: Session, person: Person) -> Iterator[WorkItem]:
    """Specimens that were handed over to this person's organisation, by somebody else."""
    asked = {"person": person.id, "organisation": person.organisation}
    for row, case in session.execute(_to_receive(person.role), asked):
        yield _item(Kind.SPECIMEN_TO_RECEIVE, row, case, row.handed_at or row.taken_at)


def receipts_overdue(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Handovers of specimens whose receipt should have been confirmed."""
    for row, case in session.execute(_overdue(person.role), {"person": person.id, "at": at}):
        yield _item(Kind.RECEIPT_OVERDUE, row, case, row.receipt_until or at)


def _item(kind: Kind, row: Specimen, case: Case, since: datetime) -> WorkItem:
    return WorkItem(kind, row.id, since, case, row.receipt_until, number=row.number)


@cache
def _to_receive(role: Role) -> Select[Specimen, Case]:
    return _waiting(role).where(Specimen.to_organisation == _ORGANISATION, Specimen.holder != PERSON)


@cache
def _overdue(role: Role) -> Select[Specimen, Case]:
    return _waiting(role).where(Specimen.receipt_until < AT)


def _waiting(role: Role) -> Select[Specimen, Case]:
    """Specimens that were handed over, and nobody has confirmed that they have them."""
    return (
        select(Specimen, Case)
        .join(Case, Case.id == Specimen.case_id)
        .where(Specimen.handover.is_not(None), within(role, Act.HOLD_SPECIMENS, Specimen.case_id))
    )
