"""The timeline of a case: recordings, photographs, specimens, consent, grants and packages.

Each kind of event is read from the working database under the permission of the page that shows it in full.
The history of the case (`history`) has every statement; this is the overview of it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, may, require_case, with_derivative
from casework.center import Center
from casework.database.models import (
    Consent,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Exam,
    Grant,
    Interview,
    Person,
    Photograph,
    Specimen,
    StatementIndex,
)
from casework.evidence.sealed_items import FILES, RECEIVED
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.specimens import acts
from casework.specimens.taking import TAKEN
from chain_of_custody.statements.types import WITHDRAWN

_OF_SPECIMENS = (TAKEN, acts.HANDED_OVER, acts.RECEIVED, acts.RECALLED, acts.DESTROYED, WITHDRAWN)
SHEET = timedelta(minutes=1)
"""Maximum time between two answers of the same sheet."""


class Kind(enum.StrEnum):
    """Kind of event; values are codes."""

    INTERVIEW = "interview"
    PHOTOGRAPH_SET = "photograph-set"
    FILES = "files"
    """Photographs and documents outside of any set, added by one person on one day."""
    RECEIVED = "received"
    """Files received from outside, added by one person on one day."""
    SPECIMENS_TAKEN = "specimens-taken"
    """Specimens that one person took on one day."""
    SPECIMEN = "specimen"
    """What was done with a specimen later: handed over, received, recalled, destroyed, withdrawn."""
    CONSENT = "consent"
    """Answers that one person recorded on one day."""
    GRANT = "grant"
    PACKAGE = "package"
    """A package for a court was ordered."""
    WORKING_COPY = "working-copy"


@dataclass(frozen=True)
class Event:
    """One entry of the timeline."""

    kind: Kind
    at: datetime
    about: str
    """Id of the interview, set, specimen, grant or working copy; of the case for the other kinds."""
    by: str
    """Id of the person who did it."""
    count: int | None = None
    """How many files, specimens, or photographs of the set."""
    interview: Interview | None = None
    parts: tuple[Part, ...] = ()
    exam: Exam | None = None
    specimen: Specimen | None = None
    act: str = ""
    """What was done with the specimen: type of its statement."""
    grant: Grant | None = None
    answers: tuple[Consent, ...] = ()
    copy: Derivative | None = None


def of_case(center: Center, person: Person, case_id: str) -> list[Event]:
    """Return the events that this person may see, newest first. Raises `Forbidden`, `Missing`."""
    held = interviews.of_case(center, person, case_id)
    with center.database() as session:
        require_case(session, person, Act.SEE_CASE, case_id)
        events = [*_interviews(held), *_from_rows(session, person, case_id)]
    return sorted(events, key=lambda one: one.at, reverse=True)


def _interviews(held: Iterable[Interview]) -> Iterator[Event]:
    for one in held:
        parts = tuple(interviews.list_parts(one))
        began = parts[0].begins if parts else one.opened_at
        yield Event(Kind.INTERVIEW, began, one.id, one.opened_by, interview=one, parts=parts)


def _from_rows(session: Session, person: Person, case_id: str) -> Iterator[Event]:
    if may(person, Act.SEE_PHOTOGRAPHS):
        yield from _photographs(session, case_id)
    if may(person, Act.ADD_RECEIVED) and may(person, Act.VIEW_EVIDENCE):
        yield from _together(Kind.RECEIVED, case_id, _files(session, case_id, (RECEIVED,)))
    if may(person, Act.HOLD_SPECIMENS):
        yield from _specimens(session, case_id)
    if may(person, Act.RECORD_CONSENT):
        yield from _answers(session, case_id)
    if may(person, Act.GIVE_CASE):
        yield from _grants(session, case_id)
    if may(person, Act.SEE_DISCLOSURE):
        yield from _packages(session, case_id)
    if may(person, Act.MAKE_DERIVATIVE) or may(person, Act.COMPARE_PHOTOGRAPHS):
        yield from _working_copies(session, person, case_id)


def _photographs(session: Session, case_id: str) -> Iterator[Event]:
    rows = _files(session, case_id, FILES)
    for exam in session.scalars(select(Exam).where(Exam.case_id == case_id)):
        pictures = sum(set_id == exam.id for _, _, set_id in rows)
        yield Event(Kind.PHOTOGRAPH_SET, exam.opened_at, exam.id, exam.opened_by, pictures, exam=exam)
    yield from _together(Kind.FILES, case_id, [row for row in rows if row.exam_id is None])


def _files(
    session: Session, case_id: str, kinds: Collection[str]
) -> Sequence[Row[datetime, str, str | None]]:
    """Return when each file of these kinds was added, by whom, and its guided set, in order."""
    return session.execute(
        select(Evidence.opened_at, Photograph.added_by, Photograph.exam_id)
        .join(Photograph, Photograph.evidence_id == Evidence.id)
        .where(
            Evidence.case_id == case_id,
            Evidence.kind.in_(kinds),
            Evidence.state == EvidenceState.COMPLETE,
        )
        .order_by(Evidence.opened_at)
    ).all()


def _specimens(session: Session, case_id: str) -> Iterator[Event]:
    stated = session.execute(
        select(StatementIndex.at, StatementIndex.actor, StatementIndex.type, Specimen)
        .join(Specimen, Specimen.id == StatementIndex.chain)
        .where(StatementIndex.case_id == case_id, StatementIndex.type.in_(_OF_SPECIMENS))
        .order_by(StatementIndex.position)
    ).all()
    yield from _together(
        Kind.SPECIMENS_TAKEN, case_id, [(at, by, None) for at, by, type_, _ in stated if type_ == TAKEN]
    )
    for at, by, type_, specimen in stated:
        if type_ != TAKEN:
            yield Event(Kind.SPECIMEN, at, specimen.id, by, specimen=specimen, act=type_)


def _together(kind: Kind, case_id: str, items: Iterable[tuple[datetime, str, str | None]]) -> Iterator[Event]:
    """One event for what one person added or took on one day."""
    rows = sorted(((at, by) for at, by, _ in items), key=lambda row: _day(*row))
    for (_, by), added in groupby(rows, key=lambda row: _day(*row)):
        moments = [at for at, _ in added]
        yield Event(kind, moments[0], case_id, by, len(moments))


def _answers(session: Session, case_id: str) -> Iterator[Event]:
    rows = session.scalars(select(Consent).where(Consent.case_id == case_id).order_by(Consent.position))
    sheet: list[Consent] = []
    for one in rows:
        if sheet and (one.recorded_by != sheet[-1].recorded_by or one.at - sheet[-1].at > SHEET):
            yield _sheet(case_id, sheet)
            sheet = []
        sheet.append(one)
    if sheet:
        yield _sheet(case_id, sheet)


def _sheet(case_id: str, answers: Sequence[Consent]) -> Event:
    """Return the event of answers that one person recorded together: at its own time, since a recording may
    have begun between two of them."""
    return Event(Kind.CONSENT, answers[0].at, case_id, answers[0].recorded_by, answers=tuple(answers))


def _grants(session: Session, case_id: str) -> Iterator[Event]:
    for one in session.scalars(select(Grant).where(Grant.case_id == case_id)):
        yield Event(Kind.GRANT, one.given_at, one.id, one.given_by, grant=one)


def _packages(session: Session, case_id: str) -> Iterator[Event]:
    ordered = select(StatementIndex).where(
        StatementIndex.case_id == case_id, StatementIndex.type == "export.ordered"
    )
    for one in session.scalars(ordered):
        yield Event(Kind.PACKAGE, one.at, case_id, one.actor)


def _working_copies(session: Session, person: Person, case_id: str) -> Iterator[Event]:
    made = (
        select(Derivative)
        .join(Photograph, Photograph.evidence_id == Derivative.id)
        .where(
            Derivative.case_id == case_id,
            Derivative.state == DerivativeState.MADE,
            Photograph.intimate.is_(False),
        )
    )
    for one in session.scalars(made):
        if may(person, with_derivative(Act.MAKE_DERIVATIVE, one.kind)):
            yield Event(Kind.WORKING_COPY, one.ordered_at, one.id, one.ordered_by, copy=one)


def _day(at: datetime, by: str) -> tuple[str, str]:
    """Return the local day and the person: their acts on one day are one event."""
    return f"{at.astimezone():%Y-%m-%d}", by
