"""The work queue: everything that waits for one person, in one place.

Each kind of work has one function here, which asks the working database for it under the same permissions as
the page where the work is done. Nothing here is stored: an item disappears once one of those who can do the
work has done it. Words and addresses are in `amana/pages/templates/work_words.html`.

Trusts: the rows, which follow the ledger. Opening an item asks for permission again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from casework.access import grants_in_force
from casework.access.permissions import Act, Reach, may, reach
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Case,
    CaseAccess,
    CopyFinding,
    Credential,
    Derivative,
    DerivativeState,
    Disposal,
    Evidence,
    EvidenceState,
    Exam,
    Grant,
    Hold,
    Interview,
    IntimateRequest,
    Person,
    Role,
    StatementIndex,
    TranscriptDraft,
    Viewing,
)
from casework.grants.grants import REMIND
from casework.people import sign_in_methods
from casework.people.sign_in_methods import SignInStatus
from casework.retention import schedules
from chain_of_custody.statements.types import RELEASED

NEWS = timedelta(days=14)
"""How long an answer is listed that its receiver has not opened, and a copy that is not authorised."""
TO_CONFIRM = timedelta(days=30)
"""How long after the seal a person is asked to confirm that they stopped the recording."""
RETENTION_NOTICE = timedelta(days=30)
"""How long before the end of its retention a case is listed."""


class Kind(enum.StrEnum):
    """What is to be done; values are codes."""

    GRANT_TO_ACCEPT = "grant-to-accept"
    """Read and accept the conditions of a grant."""
    GRANT_ENDING = "grant-ending"
    """A grant that this person gave or holds ends soon."""
    COPY_TO_AUTHORISE = "copy-to-authorise"
    """A grant provides for a copy, and its holder waits for the authorisation."""
    INTIMATE_REQUEST = "intimate-request"
    """Answer another person's request to open an intimate picture."""
    INTIMATE_AGREED = "intimate-agreed"
    """Open the picture that a second person agreed to, while the agreement lasts."""
    COPY_TO_CHECK = "copy-to-check"
    """Check a redacted film or a transcript that another person made."""
    COPY_ACCEPTED = "copy-accepted"
    COPY_REJECTED = "copy-rejected"
    """Another person has checked a working copy of this person."""
    COPY_FAILED = "copy-failed"
    """A working copy that this person ordered could not be made."""
    SEAL_TO_CONFIRM = "seal-to-confirm"
    """Confirm having stopped and sealed a recording; asked of the person who opened the interview."""
    DISPOSAL_TO_DECIDE = "disposal-to-decide"
    """Decide about another person's request to destroy an item."""
    RETENTION_ENDING = "retention-ending"
    """Decide what becomes of a case whose retention ends."""
    EXAM_OPEN = "exam-open"
    """Complete and close a photograph set."""
    DRAFT_OPEN = "draft-open"
    """Complete a transcript."""
    CASE_TO_SHARE = "case-to-share"
    """Share a case with a prosecutor: none works with it yet."""
    INVITATION_EXPIRED = "invitation-expired"
    """Make a new link for a person who never used theirs."""
    COPIES_DAMAGED = "copies-damaged"
    """Look into damaged objects that no other copy has repaired."""


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits for a person."""

    kind: Kind
    about: str
    """Id of the grant, derivative, evidence, exam, draft, case or person; the name of a damaged copy."""
    since: datetime
    case: Case | None = None
    until: datetime | None = None
    """When it is too late, or when what it is about ends."""
    by: str | None = None
    """Id of the person who waits for it, or who has answered."""
    code: str = ""
    """The kind of a derivative."""
    number: int | None = None
    """Number of the item in its case, or how many."""
    within: str | None = None
    """Id of the interview that a derivative was made from; None for a sheet of photographs."""


def waiting_for(center: Center, person: Person) -> list[WorkItem]:
    """Return everything that waits for this person: what has an end first, by its end; then the oldest."""
    if not person.active:
        return []
    with center.database() as session:
        found = list(_found(center, session, person, now()))
    return sorted(found, key=lambda one: (one.until is None, one.until or one.since, one.about))


def _found(center: Center, session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    yield from _grants_held(session, person, at)
    if may(person, Act.GIVE_CASE):
        yield from _grants_given(session, person, at)
    if may(person, Act.AUTHORISE_COPY):
        yield from _copies_to_authorise(session, person, at)
    if may(person, Act.APPROVE_INTIMATE):
        yield from _intimate_requests(session, person, at)
    if may(person, Act.SEE_INTIMATE):
        yield from _intimate_agreed(session, person, at)
    if may(person, Act.CHECK_DERIVATIVE):
        yield from _copies_to_check(session, person)
    if may(person, Act.MAKE_DERIVATIVE):
        yield from _copies_checked(session, person, at)
        yield from _drafts_open(session, person)
    if may(person, Act.MAKE_DERIVATIVE) or may(person, Act.COMPARE_PHOTOGRAPHS):
        yield from _copies_failed(session, person, at)
    if may(person, Act.CONDUCT_INTERVIEW):
        yield from _seals_to_confirm(session, person, at)
    if may(person, Act.DISPOSE_EVIDENCE):
        yield from _disposals_to_decide(session, person)
    if may(person, Act.KEEP_CASE):
        yield from _retention_ending(center, session, person, at)
    if may(person, Act.ADD_PHOTOGRAPHS):
        yield from _exams_open(session, person)
    if may(person, Act.HAND_CASE) and not may(person, Act.GIVE_CASE):
        yield from _cases_to_share(session, person)
    if may(person, Act.MANAGE_PEOPLE):
        yield from _invitations_expired(center, person)
    if may(person, Act.SEE_HEALTH):
        yield from _copies_damaged(center, session)


# --- grants -----------------------------------------------------------------------------------------------


def _grants_held(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    for grant in grants_in_force.in_force(session, person):
        case = session.get_one(Case, grant.case_id)
        if grant.accepted_at is None:
            yield _of_grant(Kind.GRANT_TO_ACCEPT, grant, case, since=grant.given_at, by=grant.given_by)
        elif grant.ends_at - at <= REMIND:
            yield _of_grant(Kind.GRANT_ENDING, grant, case, since=grant.ends_at - REMIND)


def _grants_given(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    ending = (
        Grant.given_by == person.id,
        Grant.ends_at <= at + REMIND,
        _within(person, Act.GIVE_CASE, Grant.case_id),
    )
    for grant, case in _usable(session, at, *ending):
        yield _of_grant(Kind.GRANT_ENDING, grant, case, since=grant.ends_at - REMIND, by=grant.person_id)


def _copies_to_authorise(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    waiting = (
        Grant.kind == grants_in_force.COPY,
        Grant.authorised_at.is_(None),
        Grant.accepted_at > at - NEWS,
        _within(person, Act.AUTHORISE_COPY, Grant.case_id),
    )
    for grant, case in _usable(session, at, *waiting):
        since = grant.accepted_at or grant.given_at
        item = _of_grant(Kind.COPY_TO_AUTHORISE, grant, case, since=since, by=grant.person_id)
        yield replace(item, until=None)  # without it the grant goes on as it is


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


# --- a second person --------------------------------------------------------------------------------------


def _intimate_requests(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    query = _requests(at).where(
        IntimateRequest.approved.is_(None),
        IntimateRequest.requested_by != person.id,
        _within(person, Act.APPROVE_INTIMATE, Evidence.case_id),
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


def _intimate_agreed(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    opened = _opened(person, IntimateRequest.evidence_id, IntimateRequest.decided_at)
    query = _requests(at).where(
        IntimateRequest.approved.is_(True),
        IntimateRequest.requested_by == person.id,
        _within(person, Act.SEE_INTIMATE, Evidence.case_id),
        ~opened,
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
        .where(IntimateRequest.expires_at > at, Evidence.state == EvidenceState.COMPLETE)
    )


def _copies_to_check(session: Session, person: Person) -> Iterator[WorkItem]:
    query = _made().where(
        Derivative.accepted.is_(None),
        Derivative.ordered_by != person.id,
        _within(person, Act.CHECK_DERIVATIVE, Derivative.case_id),
    )
    for row, case in session.execute(query):
        if person.id not in (row.authors or ()):
            yield _of_derivative(Kind.COPY_TO_CHECK, row, case, since=row.ordered_at, by=row.ordered_by)


def _copies_checked(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    query = _made().where(
        Derivative.accepted.is_not(None),
        Derivative.ordered_by == person.id,
        Derivative.checked_at > at - NEWS,
        _within(person, Act.SEE_CASE, Derivative.case_id),
        ~_opened(person, Derivative.id, Derivative.checked_at),
    )
    for row, case in session.execute(query):
        kind = Kind.COPY_ACCEPTED if row.accepted else Kind.COPY_REJECTED
        yield _of_derivative(kind, row, case, since=row.checked_at or row.ordered_at, by=row.checked_by)


def _made() -> Select[Derivative, Case]:
    """Sealed working copies that need a second person."""
    return (
        select(Derivative, Case)
        .join(Case, Case.id == Derivative.case_id)
        .join(Evidence, Evidence.id == Derivative.id)
        .where(
            Derivative.kind.in_(RELEASED),
            Derivative.state == DerivativeState.MADE,
            Evidence.state == EvidenceState.COMPLETE,
        )
    )


def _copies_failed(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    again = aliased(Derivative)
    ordered_again = exists().where(
        again.case_id == Derivative.case_id,
        again.interview_id.is_not_distinct_from(Derivative.interview_id),
        again.kind == Derivative.kind,
        again.ordered_by == person.id,
        again.ordered_at > Derivative.ordered_at,
    )
    query = (
        select(Derivative, Case)
        .join(Case, Case.id == Derivative.case_id)
        .where(
            Derivative.state == DerivativeState.FAILED,
            Derivative.ordered_by == person.id,
            Derivative.ordered_at > at - NEWS,
            _within(person, Act.SEE_CASE, Derivative.case_id),
            ~ordered_again,
        )
    )
    for row, case in session.execute(query):
        yield _of_derivative(Kind.COPY_FAILED, row, case, since=row.ordered_at)


def _of_derivative(
    kind: Kind, row: Derivative, case: Case, *, since: datetime, by: str | None = None
) -> WorkItem:
    return WorkItem(kind, row.id, since, case, by=by, code=row.kind, within=row.interview_id)


def _disposals_to_decide(session: Session, person: Person) -> Iterator[WorkItem]:
    query = (
        select(Disposal, Case)
        .join(Case, Case.id == Disposal.case_id)
        .where(
            Disposal.approved.is_(None),
            Disposal.requested_by != person.id,
            _within(person, Act.DISPOSE_EVIDENCE, Disposal.case_id),
        )
    )
    for row, case in session.execute(query):
        yield WorkItem(Kind.DISPOSAL_TO_DECIDE, row.id, row.requested_at, case, by=row.requested_by)


# --- one's own unfinished work ----------------------------------------------------------------------------


def _seals_to_confirm(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    signs = exists().where(Credential.person_id == person.id, Credential.revoked_at.is_(None))
    confirmed = exists().where(
        StatementIndex.chain == Evidence.id,
        StatementIndex.type == "seal.confirmed",
        StatementIndex.credential.is_not(None),
    )
    query = (
        select(Evidence)
        .join(Interview, Interview.id == Evidence.interview_id)
        .where(
            Interview.opened_by == person.id,
            Interview.practice.is_(False),
            Evidence.state == EvidenceState.COMPLETE,
            Evidence.beside.is_(None),  # the room's browser made a safety recording, and no person stopped it
            Evidence.sealed_at > at - TO_CONFIRM,
            _within(person, Act.CONDUCT_INTERVIEW, Evidence.case_id),
            signs,
            ~confirmed,
        )
    )
    for part in session.scalars(query):
        since = part.sealed_at or part.opened_at
        yield WorkItem(Kind.SEAL_TO_CONFIRM, part.id, since, part.case, number=part.number)


def _drafts_open(session: Session, person: Person) -> Iterator[WorkItem]:
    query = (
        select(TranscriptDraft, Case)
        .join(Case, Case.id == TranscriptDraft.case_id)
        .where(
            TranscriptDraft.kept_as.is_(None),
            TranscriptDraft.saved_by == person.id,
            _within(person, Act.MAKE_DERIVATIVE, TranscriptDraft.case_id),
        )
    )
    for draft, case in session.execute(query):
        yield WorkItem(Kind.DRAFT_OPEN, draft.id, draft.saved_at, case)


def _exams_open(session: Session, person: Person) -> Iterator[WorkItem]:
    query = (
        select(Exam, Case)
        .join(Case, Case.id == Exam.case_id)
        .where(
            Exam.closed_at.is_(None),
            Exam.opened_by == person.id,
            _within(person, Act.ADD_PHOTOGRAPHS, Exam.case_id),
        )
    )
    for exam, case in session.execute(query):
        yield WorkItem(Kind.EXAM_OPEN, exam.id, exam.opened_at, case, number=exam.number)


def _cases_to_share(session: Session, person: Person) -> Iterator[WorkItem]:
    shared = (
        exists()
        .where(CaseAccess.case_id == Case.id, CaseAccess.withdrawn_at.is_(None))
        .where(CaseAccess.person_id == Person.id, Person.role == Role.PROSECUTOR, Person.active)
    )
    for case in session.scalars(select(Case).where(Case.opened_by == person.id, ~shared)):
        yield WorkItem(Kind.CASE_TO_SHARE, case.id, case.opened_at, case)


# --- the center -------------------------------------------------------------------------------------------


def _retention_ending(center: Center, session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Cases without a hold that still have an item, and whose retention ends within the notice."""
    try:
        rules = schedules.rules(center)
    except schedules.RulesUnreadable:
        return  # said on the page of each case and in the state
    soon, shortest = at + RETENTION_NOTICE, rules.terms[schedules.ANY]
    least = timedelta(days=28 * shortest.months + shortest.days)  # a month has at least 28 days
    held = exists().where(Hold.case_id == Case.id, Hold.lifted_at.is_(None))
    keeping = Evidence.case_id == Case.id, Evidence.state.not_in((EvidenceState.VOID, EvidenceState.DISPOSED))
    query = (
        select(Case)
        .where(Case.opened_at <= soon - least, or_(Case.keep_until.is_(None), Case.keep_until <= soon))
        .where(~held, exists().where(*keeping), _within(person, Act.KEEP_CASE, Case.id))
    )
    for case in session.scalars(query):
        of_case = Evidence.case_id == case.id, Evidence.state != EvidenceState.VOID
        last = session.scalar(select(func.max(func.coalesce(Evidence.sealed_at, at))).where(*of_case))
        until = rules.kept(case, last or case.opened_at).until
        if until <= soon:
            yield WorkItem(Kind.RETENTION_ENDING, case.id, until - RETENTION_NOTICE, case, until)


def _invitations_expired(center: Center, person: Person) -> Iterator[WorkItem]:
    for person_id, summary in sign_in_methods.summaries(center, person).items():
        if summary.status is SignInStatus.NEVER and summary.invited_until is not None:
            yield WorkItem(Kind.INVITATION_EXPIRED, person_id, summary.invited_until, by=person_id)


def _copies_damaged(center: Center, session: Session) -> Iterator[WorkItem]:
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


# --- inside -----------------------------------------------------------------------------------------------


def _within(person: Person, act: Act, case: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether this person may do `act` in the case; for roles that need no grant for it."""
    if reach(person, act) is Reach.CENTER:
        return case.is_not(None)
    return cases.is_own(person, case)


def _opened(
    person: Person, item: InstrumentedAttribute[str], since: InstrumentedAttribute[datetime | None]
) -> ColumnElement[bool]:
    return exists().where(Viewing.evidence_id == item, Viewing.person_id == person.id, Viewing.at >= since)
