"""A person's own work that is not finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, exists, select
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
    ExaminationDraft,
    Interview,
    Person,
    Role,
    StatementIndex,
    TranscriptDraft,
)
from casework.work_queue.work_item import NEWS, NEWS_SINCE, PERSON, Kind, WorkItem, of_derivative, within

TO_CONFIRM = timedelta(days=30)
"""How long after the seal a person is asked to confirm that they stopped the recording."""

_AGAIN = aliased(Derivative)
_STOPPED_SINCE: BindParameter[datetime] = bindparam("stopped_since")


def seals_to_confirm(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Seals of recordings whose interview this person opened, without a confirmation."""
    asked = {"person": person.id, "stopped_since": at - TO_CONFIRM}
    for part in session.scalars(_unconfirmed(person.role), asked):
        since = part.sealed_at or part.opened_at
        yield WorkItem(Kind.SEAL_TO_CONFIRM, part.id, since, part.case, number=part.number)


@cache
def _unconfirmed(role: Role) -> Select[Evidence]:
    signs = exists().where(Credential.person_id == PERSON, Credential.revoked_at.is_(None))
    confirmed = exists().where(
        StatementIndex.chain == Evidence.id,
        StatementIndex.type == "seal.confirmed",
        StatementIndex.credential.is_not(None),
    )
    return (
        select(Evidence)
        .join(Interview, Interview.id == Evidence.interview_id)
        .where(
            Interview.opened_by == PERSON,
            Interview.practice.is_(False),
            Evidence.state == EvidenceState.COMPLETE,
            Evidence.beside.is_(None),  # the room's browser made a safety recording, and no person stopped it
            Evidence.sealed_at > _STOPPED_SINCE,
            within(role, Act.CONDUCT_INTERVIEW, Evidence.case_id),
            signs,
            ~confirmed,
        )
    )


def drafts_open(session: Session, person: Person) -> Iterator[WorkItem]:
    """Transcripts that this person saved last."""
    for draft, case in session.execute(_drafts(person.role), {"person": person.id}):
        yield WorkItem(Kind.DRAFT_OPEN, draft.id, draft.saved_at, case)


@cache
def _drafts(role: Role) -> Select[TranscriptDraft, Case]:
    return (
        select(TranscriptDraft, Case)
        .join(Case, Case.id == TranscriptDraft.case_id)
        .where(
            TranscriptDraft.kept_as.is_(None),
            TranscriptDraft.saved_by == PERSON,
            within(role, Act.MAKE_DERIVATIVE, TranscriptDraft.case_id),
        )
    )


def exams_open(session: Session, person: Person) -> Iterator[WorkItem]:
    """Photograph sets that this person opened and that are not closed."""
    for exam, case in session.execute(_exams(person.role), {"person": person.id}):
        yield WorkItem(Kind.EXAM_OPEN, exam.id, exam.opened_at, case, number=exam.number)


@cache
def _exams(role: Role) -> Select[Exam, Case]:
    return (
        select(Exam, Case)
        .join(Case, Case.id == Exam.case_id)
        .where(
            Exam.closed_at.is_(None),
            Case.voided_at.is_(None),
            Exam.opened_by == PERSON,
            within(role, Act.ADD_PHOTOGRAPHS, Exam.case_id),
        )
    )


def examinations_open(session: Session, person: Person) -> Iterator[WorkItem]:
    """Records of examinations that this person saved last, and that are not sealed."""
    for draft, case in session.execute(_examinations(person.role), {"person": person.id}):
        yield WorkItem(Kind.EXAMINATION_OPEN, draft.id, draft.saved_at, case)


@cache
def _examinations(role: Role) -> Select[ExaminationDraft, Case]:
    return (
        select(ExaminationDraft, Case)
        .join(Case, Case.id == ExaminationDraft.case_id)
        .where(
            Case.voided_at.is_(None),
            ExaminationDraft.saved_by == PERSON,
            within(role, Act.ADD_PHOTOGRAPHS, ExaminationDraft.case_id),
        )
    )


def copies_failed(session: Session, person: Person, at: datetime) -> Iterator[WorkItem]:
    """Working copies that could not be made, and were not ordered again."""
    for row, case in session.execute(_failed(person.role), {"person": person.id, "news_since": at - NEWS}):
        yield of_derivative(Kind.COPY_FAILED, row, case, since=row.ordered_at)


@cache
def _failed(role: Role) -> Select[Derivative, Case]:
    ordered_again = exists().where(
        _AGAIN.case_id == Derivative.case_id,
        _AGAIN.interview_id.is_not_distinct_from(Derivative.interview_id),
        _AGAIN.kind == Derivative.kind,
        _AGAIN.ordered_by == PERSON,
        _AGAIN.ordered_at > Derivative.ordered_at,
    )
    return (
        select(Derivative, Case)
        .join(Case, Case.id == Derivative.case_id)
        .where(
            Derivative.state == DerivativeState.FAILED,
            Derivative.ordered_by == PERSON,
            Derivative.ordered_at > NEWS_SINCE,
            within(role, Act.SEE_CASE, Derivative.case_id),
            ~ordered_again,
        )
    )


def cases_to_share(session: Session, person: Person) -> Iterator[WorkItem]:
    """Cases that this person opened, and with which no prosecutor works."""
    for case in session.scalars(_unshared(), {"person": person.id}):
        yield WorkItem(Kind.CASE_TO_SHARE, case.id, case.opened_at, case)


@cache
def _unshared() -> Select[Case]:
    shared = (
        exists()
        .where(CaseAccess.case_id == Case.id, CaseAccess.withdrawn_at.is_(None))
        .where(CaseAccess.person_id == Person.id, Person.role == Role.PROSECUTOR, Person.active)
    )
    return select(Case).where(Case.opened_by == PERSON, Case.voided_at.is_(None), ~shared)
