"""The work queue: everything that waits for one person, in one list. Each kind of work has one function in
this package, which queries the working database for it under the same permissions as the page where the work
is done. Nothing here is stored: an item disappears once one of those who can do the work has done it. Words
and addresses are in `amana/pages/templates/work_words.html`.

Every page asks for the queue, so each statement is built once for each role; the person and the time are its
parameters. Building the statements took longer than running them.

Trusts: the rows, which follow the ledger. Opening an item asks for permission again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from casework.access.permissions import Act, may
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Person,
)
from casework.work_queue import of_center, of_grants, of_specimens, second_person, unfinished
from casework.work_queue.work_item import WorkItem


def waiting_for(center: Center, person: Person) -> list[WorkItem]:
    """Return everything that waits for this person: what has an end first, by its end; then the oldest."""
    if not person.active:
        return []
    with center.database() as session:
        found = list(_found(center, session, person, now()))
    return sorted(found, key=lambda one: (one.until is None, one.until or one.since, one.about))


def _found(center: Center, session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    yield from of_grants.grants_held(session, person, at)
    if may(person, Act.GIVE_CASE):
        yield from of_grants.grants_given(session, person, at)
    if may(person, Act.AUTHORISE_COPY):
        yield from of_grants.copies_to_authorise(session, person, at)
    if may(person, Act.APPROVE_INTIMATE):
        yield from second_person.intimate_requests(session, person, at)
    if may(person, Act.SEE_INTIMATE):
        yield from second_person.intimate_agreed(session, person, at)
    if may(person, Act.CHECK_DERIVATIVE):
        yield from second_person.copies_to_check(session, person)
    if may(person, Act.MAKE_DERIVATIVE):
        yield from second_person.copies_checked(session, person, at)
        yield from unfinished.drafts_open(session, person)
    if may(person, Act.MAKE_DERIVATIVE) or may(person, Act.COMPARE_PHOTOGRAPHS):
        yield from unfinished.copies_failed(session, person, at)
    if may(person, Act.CONDUCT_INTERVIEW):
        yield from unfinished.seals_to_confirm(session, person, at)
    if may(person, Act.DISPOSE_EVIDENCE):
        yield from second_person.disposals_to_decide(session, person)
    if may(person, Act.KEEP_CASE):
        yield from of_center.retention_ending(center, session, person, at)
        yield from of_center.cases_without_type(session, person)
    if may(person, Act.ADD_PHOTOGRAPHS):
        yield from unfinished.exams_open(session, person)
        yield from unfinished.examinations_open(session, person)
    if may(person, Act.HOLD_SPECIMENS):
        yield from of_specimens.to_receive(session, person)
        yield from of_specimens.receipts_overdue(session, person, at)
    if may(person, Act.HAND_CASE) and not may(person, Act.GIVE_CASE):
        yield from unfinished.cases_to_share(session, person)
    if may(person, Act.MANAGE_PEOPLE):
        yield from of_center.staff_to_add(session, person)
        yield from of_center.invitations_expired(center, person)
    if may(person, Act.SEE_HEALTH):
        yield from of_center.copies_damaged(center, session)
