"""Work about grants: conditions to accept, copies to authorise, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act
from casework.database.models import (
    Case,
    Grant,
    Person,
)
from casework.grants.grants import REMIND
from casework.work_queue.work_item import NEWS, Kind, WorkItem, within


def grants_held(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Grants that this person holds: conditions to accept, and what ends soon."""
    for grant in grants_in_force.in_force(session, person):
        case = session.get_one(Case, grant.case_id)
        if grant.accepted_at is None:
            yield _of_grant(Kind.GRANT_TO_ACCEPT, grant, case, since=grant.given_at, by=grant.given_by)
        elif grant.ends_at - at <= REMIND:
            yield _of_grant(Kind.GRANT_ENDING, grant, case, since=grant.ends_at - REMIND)


def grants_given(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Grants that this person gave and that end soon."""
    ending = (
        Grant.given_by == person.id,
        Grant.ends_at <= at + REMIND,
        within(person, Act.GIVE_CASE, Grant.case_id),
    )
    for grant, case in _usable(session, at, *ending):
        yield _of_grant(Kind.GRANT_ENDING, grant, case, since=grant.ends_at - REMIND, by=grant.person_id)


def copies_to_authorise(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Grants that provide for a copy which is not authorised yet."""
    waiting = (
        Grant.kind == grants_in_force.COPY,
        Grant.authorised_at.is_(None),
        Grant.accepted_at > at - NEWS,
        within(person, Act.AUTHORISE_COPY, Grant.case_id),
    )
    for grant, case in _usable(session, at, *waiting):
        since = grant.accepted_at or grant.given_at
        item = _of_grant(Kind.COPY_TO_AUTHORISE, grant, case, since=since, by=grant.person_id)
        yield replace(item, until=None)  # without it the grant continues as it is


def _usable(session: Session, at: datetime, *where: ColumnElement[bool]) -> Iterator[tuple[Grant, Case]]:
    """Grants under which their receiver may open something now."""
    rows = session.execute(
        select(Grant, Case, Person.role)
        .join(Case, Case.id == Grant.case_id)
        .join(Person, Person.id == Grant.person_id)
        .where(Grant.withdrawn_at.is_(None), Grant.ends_at > at, Person.active, *where)
    )
    for grant, case, role in rows:
        if grants_in_force.trouble(session, grant, role, at) is None:
            yield grant, case


def _of_grant(kind: Kind, grant: Grant, case: Case, *, since: datetime, by: str | None = None) -> WorkItem:
    return WorkItem(kind, grant.id, since, case, grant.ends_at, by)
