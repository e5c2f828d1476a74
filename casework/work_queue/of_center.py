"""Work that concerns the center or all of its cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from casework.access.permissions import TABLE, Act, Reach
from casework.center import Center
from casework.database.models import (
    Case,
    CopyFinding,
    Evidence,
    EvidenceState,
    Hold,
    Person,
    Role,
)
from casework.people import sign_in_methods
from casework.people.sign_in_methods import SignInStatus
from casework.retention import schedules
from casework.work_queue.work_item import Kind, WorkItem, within

_SOON: BindParameter[datetime] = bindparam("soon")
_OPENED_UNTIL: BindParameter[datetime] = bindparam("opened_until")

RETENTION_NOTICE = timedelta(days=30)
"""How long before the end of its retention a case is listed."""


def retention_ending(center: Center, session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Cases without a hold that still have an item, and whose retention ends within the notice."""
    try:
        rules = schedules.rules(center)
    except schedules.RulesUnreadable:
        return  # reported on the page of each case and in the system state
    soon, shortest = at + RETENTION_NOTICE, rules.terms[schedules.ANY]
    least = timedelta(days=28 * shortest.months + shortest.days)  # a month has at least 28 days
    asked = {"person": person.id, "soon": soon, "opened_until": soon - least}
    for case in session.scalars(_ending(person.role), asked):
        of_case = Evidence.case_id == case.id, Evidence.state != EvidenceState.VOID
        last = session.scalar(select(func.max(func.coalesce(Evidence.sealed_at, at))).where(*of_case))
        until = rules.kept(case, last or case.opened_at).until
        if until <= soon:
            yield WorkItem(Kind.RETENTION_ENDING, case.id, until - RETENTION_NOTICE, case, until)


@cache
def _ending(role: Role) -> Select[Case]:
    """Cases whose retention may end soon."""
    held = exists().where(Hold.case_id == Case.id, Hold.lifted_at.is_(None))
    keeping = Evidence.case_id == Case.id, Evidence.state.not_in((EvidenceState.VOID, EvidenceState.DISPOSED))
    return (
        select(Case)
        .where(Case.opened_at <= _OPENED_UNTIL, or_(Case.keep_until.is_(None), Case.keep_until <= _SOON))
        .where(~held, exists().where(*keeping), within(role, Act.KEEP_CASE, Case.id))
    )


def cases_without_type(session: Session, person: Person) -> Iterator[WorkItem]:
    """Cases with sealed evidence whose type is not stated, as one item about the oldest."""
    asked = {"person": person.id}
    oldest = session.scalar(_oldest_untyped(person.role), asked)
    if oldest is not None:
        count = session.scalar(select(func.count()).select_from(_untyped(person.role).subquery()), asked)
        yield WorkItem(Kind.CASES_WITHOUT_TYPE, oldest.id, oldest.opened_at, oldest, number=count)


@cache
def _oldest_untyped(role: Role) -> Select[Case]:
    return _untyped(role).order_by(Case.opened_at, Case.code).limit(1)


def _untyped(role: Role) -> Select[Case]:
    sealed_states = EvidenceState.COMPLETE, EvidenceState.INTERRUPTED
    sealed = exists().where(Evidence.case_id == Case.id, Evidence.state.in_(sealed_states))
    return select(Case).where(Case.kind.is_(None), sealed, within(role, Act.KEEP_CASE, Case.id))


def staff_to_add(session: Session, person: Person) -> Iterator[WorkItem]:
    """While no person could open a case: the first task in a new center."""
    if not session.scalar(_staffed()):
        yield WorkItem(Kind.STAFF_TO_ADD, person.id, person.added_at)


@cache
def _staffed() -> Select[bool]:
    opening = [role for role in Role if TABLE[Act.OPEN_CASE][role] is not Reach.NOWHERE]
    return select(exists().where(Person.active, Person.role.in_(opening)))


def invitations_expired(center: Center, person: Person) -> Iterator[WorkItem]:
    """Invitations whose link was never used."""
    for person_id, summary in sign_in_methods.summaries(center, person).items():
        if summary.status is SignInStatus.NEVER and summary.invited_until is not None:
            yield WorkItem(Kind.INVITATION_EXPIRED, person_id, summary.invited_until, by=person_id)


def copies_damaged(center: Center, session: Session) -> Iterator[WorkItem]:
    """Of the copies that are read, as the page of the state counts them: surplus objects are no damage."""
    query = (
        select(CopyFinding.copy, func.count(CopyFinding.id), func.min(CopyFinding.found_at))
        .where(
            CopyFinding.repaired_at.is_(None),
            CopyFinding.wrong != "surplus",
            CopyFinding.copy.in_(center.scrubbed),
        )
        .group_by(CopyFinding.copy)
    )
    for copy, count, since in session.execute(query):
        yield WorkItem(Kind.COPIES_DAMAGED, copy, since, number=count)
