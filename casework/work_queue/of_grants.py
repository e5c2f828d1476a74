"""Work about grants: conditions to accept, copies to authorise, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act
from casework.database.models import (
    Case,
    Grant,
    Person,
    Role,
)
from casework.grants.grants import REMIND
from casework.work_queue.work_item import AT, NEWS, NEWS_SINCE, PERSON, Kind, WorkItem, within

_SOON: BindParameter[datetime] = bindparam("soon")


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
    asked = {"person": person.id, "at": at, "soon": at + REMIND}
    for grant, case in _usable(session, _ending(person.role), asked):
        yield _of_grant(Kind.GRANT_ENDING, grant, case, since=grant.ends_at - REMIND, by=grant.person_id)


def copies_to_authorise(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Grants that provide for a copy which is not authorised yet."""
    asked = {"person": person.id, "at": at, "news_since": at - NEWS}
    for grant, case in _usable(session, _unauthorised(person.role), asked):
        since = grant.accepted_at or grant.given_at
        item = _of_grant(Kind.COPY_TO_AUTHORISE, grant, case, since=since, by=grant.person_id)
        yield replace(item, until=None)  # without it the grant continues as it is


@cache
def _ending(role: Role) -> Select[Grant, Case, Role]:
    return _held().where(
        Grant.given_by == PERSON, Grant.ends_at <= _SOON, within(role, Act.GIVE_CASE, Grant.case_id)
    )


@cache
def _unauthorised(role: Role) -> Select[Grant, Case, Role]:
    return _held().where(
        Grant.kind == grants_in_force.COPY,
        Grant.authorised_at.is_(None),
        Grant.accepted_at > NEWS_SINCE,
        within(role, Act.AUTHORISE_COPY, Grant.case_id),
    )


def _held() -> Select[Grant, Case, Role]:
    """Grants of active people, that neither ended nor were withdrawn."""
    return (
        select(Grant, Case, Person.role)
        .join(Case, Case.id == Grant.case_id)
        .join(Person, Person.id == Grant.person_id)
        .where(Grant.withdrawn_at.is_(None), Grant.ends_at > AT, Person.active)
    )


def _usable(
    session: Session, query: Select[Grant, Case, Role], asked: Mapping[str, Any]
) -> Iterator[tuple[Grant, Case]]:
    """The grants among these under which their receiver may open something now."""
    for grant, case, role in session.execute(query, asked):
        if grants_in_force.trouble(session, grant, role, asked["at"]) is None:
            yield grant, case


def _of_grant(kind: Kind, grant: Grant, case: Case, *, since: datetime, by: str | None = None) -> WorkItem:
    return WorkItem(kind, grant.id, since, case, grant.ends_at, by)
