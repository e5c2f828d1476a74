"""A person's own work that is not finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from casework.access.permissions import Act
from casework.database.models import (
    Case,
    CaseAccess,
    Credential,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Exam,
    Interview,
    Person,
    Role,
    StatementIndex,
    TranscriptDraft,
)
from casework.work_queue.work_item import NEWS, Kind, WorkItem, of_derivative, within

TO_CONFIRM = timedelta(days=30)
"""How long after the seal a person is asked to confirm that they stopped the recording."""

_AGAIN = aliased(Derivative)


def seals_to_confirm(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Seals of recordings whose interview this person opened, without a confirmation."""
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
            within(person, Act.CONDUCT_INTERVIEW, Evidence.case_id),
            signs,
            ~confirmed,
        )
    )
    for part in session.scalars(query):
        since = part.sealed_at or part.opened_at
        yield WorkItem(Kind.SEAL_TO_CONFIRM, part.id, since, part.case, number=part.number)


def drafts_open(session: Session, person: Person) -> Iterator[WorkItem]:
    """Transcripts that this person saved last."""
    query = (
        select(TranscriptDraft, Case)
        .join(Case, Case.id == TranscriptDraft.case_id)
        .where(
            TranscriptDraft.kept_as.is_(None),
            TranscriptDraft.saved_by == person.id,
            within(person, Act.MAKE_DERIVATIVE, TranscriptDraft.case_id),
        )
    )
    for draft, case in session.execute(query):
        yield WorkItem(Kind.DRAFT_OPEN, draft.id, draft.saved_at, case)


def exams_open(session: Session, person: Person) -> Iterator[WorkItem]:
    """Photograph sets that this person opened and that are not closed."""
    query = (
        select(Exam, Case)
        .join(Case, Case.id == Exam.case_id)
        .where(
            Exam.closed_at.is_(None),
            Case.voided_at.is_(None),
            Exam.opened_by == person.id,
            within(person, Act.ADD_PHOTOGRAPHS, Exam.case_id),
        )
    )
    for exam, case in session.execute(query):
        yield WorkItem(Kind.EXAM_OPEN, exam.id, exam.opened_at, case, number=exam.number)


def copies_failed(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Working copies that could not be made, and were not ordered again."""
    ordered_again = exists().where(
        _AGAIN.case_id == Derivative.case_id,
        _AGAIN.interview_id.is_not_distinct_from(Derivative.interview_id),
        _AGAIN.kind == Derivative.kind,
        _AGAIN.ordered_by == person.id,
        _AGAIN.ordered_at > Derivative.ordered_at,
    )
    query = (
        select(Derivative, Case)
        .join(Case, Case.id == Derivative.case_id)
        .where(
            Derivative.state == DerivativeState.FAILED,
            Derivative.ordered_by == person.id,
            Derivative.ordered_at > at - NEWS,
            within(person, Act.SEE_CASE, Derivative.case_id),
            ~ordered_again,
        )
    )
    for row, case in session.execute(query):
        yield of_derivative(Kind.COPY_FAILED, row, case, since=row.ordered_at)


def cases_to_share(session: Session, person: Person) -> Iterator[WorkItem]:
    """Cases that this person opened, and with which no prosecutor works."""
    shared = (
        exists()
        .where(CaseAccess.case_id == Case.id, CaseAccess.withdrawn_at.is_(None))
        .where(CaseAccess.person_id == Person.id, Person.role == Role.PROSECUTOR, Person.active)
    )
    open_ = select(Case).where(Case.opened_by == person.id, Case.voided_at.is_(None), ~shared)
    for case in session.scalars(open_):
        yield WorkItem(Kind.CASE_TO_SHARE, case.id, case.opened_at, case)
