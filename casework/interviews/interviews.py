"""Interviews: opened for a case, recorded in parts, with every gap between parts stated.

    opened → checked → recording ⇄ break → stopped → sealed

An interview is *sealed* once it was stopped and every part of it is sealed in the ledger. A crash opens a
new part, not a new interview: a machine failure never makes the person start again.

A practice interview has the same states and room, but makes no statement, stores no details and no part, and
is never evidence.

A person should not have to testify again: where there is testimony, a further interview needs a written
reason, which is sealed, and its statement contains the number of earlier ones. An interview that supplements
another, or is the cross-examination to it, is linked to that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require_case, require_interview
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import (
    Appointment,
    Evidence,
    EvidenceState,
    Interview,
    InterviewState,
    Person,
    StatementIndex,
)
from casework.errors import AlreadyTold, AppointmentOver, Missing, NotGranted, Refused, WrongState
from casework.interviews import recorder_statements, rooms
from casework.ledger import custody_log, sealed_details
from casework.short_text import identifying

PURPOSES = ("testimony", "supplementary", "cross-examination")
"""Why an interview is held: codes that statements contain."""

MAX_TEXT = 2000
"""Characters in one detail."""

_NEXT: Mapping[InterviewState, frozenset[InterviewState]] = {
    InterviewState.OPENED: frozenset(
        (InterviewState.CHECKED, InterviewState.RECORDING, InterviewState.STOPPED)
    ),
    InterviewState.CHECKED: frozenset((InterviewState.RECORDING, InterviewState.STOPPED)),
    InterviewState.RECORDING: frozenset((InterviewState.BREAK, InterviewState.STOPPED)),
    InterviewState.BREAK: frozenset((InterviewState.RECORDING, InterviewState.STOPPED)),
    InterviewState.STOPPED: frozenset((InterviewState.SEALED,)),
    InterviewState.SEALED: frozenset(),
}

_OVER = (InterviewState.STOPPED, InterviewState.SEALED)


@dataclass(frozen=True)
class Present:
    """A person in the room, named aloud at the beginning; stored sealed."""

    who: str
    role: str


@dataclass(frozen=True)
class Safety:
    """A recording made by the room's browser and imported after a failure (`safety_recordings`)."""

    evidence: str
    number: int
    """Number of the part that it belongs to."""
    beside: str
    state: EvidenceState
    begins: datetime
    ends: datetime | None
    """None until it is sealed."""


@dataclass(frozen=True)
class Part:
    """One recorded part as a list shows it, with the gap before it."""

    evidence: str
    number: int
    state: EvidenceState
    begins: datetime
    ends: datetime | None
    """None while it is being recorded."""
    gap: timedelta | None
    """Unrecorded time since the previous part; None for the first part."""
    reason: str | None
    """Code for why the previous part ended without being stopped."""
    covered: tuple[Safety, ...] = ()
    """Safety recordings that overlap the gap before it and may contain what was lost."""
    safeties: tuple[Safety, ...] = ()
    """Safety recordings that belong to it."""


def open_interview(
    center: Center,
    person: Person,
    case_id: str,
    *,
    purpose: str,
    room: str,
    place: str,
    present: Sequence[Present],
    wish: str,
    practice: bool = False,
    again: str = "",
    follows: str | None = None,
    appointment: str | None = None,
) -> Interview:
    """Open a new interview in a case; `interview.opened` is stated first.

    `place`, `present` and `wish` (the person's own view on being recorded) are sealed to the case, never in
    clear. `room` is the code of an interview room. `again`: why the person is interviewed again, where there
    is testimony. `follows`: an earlier interview of the case, to which this one is linked. `appointment`: the
    appointment of the case for which it is opened (`appointments`). Raises `Forbidden`, `Missing`, `Refused`,
    `TextUnseen`, `CaseVoided`, `AppointmentOver`, `AlreadyTold` without a required reason.
    """
    codes.require_one_of(purpose, PURPOSES, "purpose")
    details = {
        "place": identifying(place, MAX_TEXT, "a place"),
        "present": [{"role": one.role, "who": identifying(one.who, MAX_TEXT, "a name")} for one in present],
        "purpose": purpose,
        "wish": wish,
    }
    codes.require_code(room, "room")
    if any(len(text) > MAX_TEXT for text in (again, *_texts(details))):
        raise Refused(f"a detail is longer than {MAX_TEXT} characters")
    with center.database() as session:
        case = require_case(session, person, Act.OPEN_INTERVIEW, case_id)
        cases.require_in_use(case)
        rooms.require_listed(session, room)
        before = [one for one in _of_case(session, case_id) if _has_testimony(one)]
        if follows is not None and follows not in {one.id for one in before}:
            raise Missing(f"no earlier interview {follows[:32]} in case {case_id}")
        if appointment is not None:
            _appointment_of(session, case_id, appointment)
    body: dict[str, Any] = {"practice": False}
    if before and not practice:
        if not again.strip():
            raise AlreadyTold(f"case {case_id} has {len(before)} interviews with testimony")
        details["again"] = again.strip()
        body |= {"earlier": len(before)} | ({} if follows is None else {"follows": follows})
    interview_id = new_id()
    if not practice:
        custody_log.append(
            center,
            custody_log.Draft(
                type="interview.opened",
                evidence=interview_id,
                person=person,
                purpose=purpose,
                body=body,
                case=case,
                details=details,
            ),
        )
    with center.database.begin() as session:
        interview = Interview(
            id=interview_id,
            case_id=case_id,
            state=InterviewState.OPENED,
            practice=practice,
            purpose=purpose,
            room=room,
            node=center.node,
            follows=None if practice else follows,
            opened_by=person.id,
            opened_at=now(),
        )
        session.add(interview)
        if appointment is not None and not practice:
            session.flush()  # the row that it refers to
            with contextlib.suppress(AppointmentOver):  # it was changed meanwhile
                _appointment_of(session, case_id, appointment).interview_id = interview_id
    return get(center, person, interview_id)


def get(center: Center, person: Person, interview_id: str, act: Act = Act.SEE_CASE) -> Interview:
    """Return one interview, if `person` may do `act` in its case. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return permitted(session, person, interview_id, act)


def permitted(session: Session, person: Person, interview_id: str, act: Act) -> Interview:
    """Return one interview, as `get`, within a transaction."""
    interview = require_row(session, Interview, interview_id, "interview")
    require_interview(session, person, act, interview)
    return interview


def of_case(center: Center, person: Person, case_id: str) -> Sequence[Interview]:
    """Return a case's interviews, oldest first; for holders of grants only those that the grants cover."""
    with center.database() as session:
        require_case(session, person, Act.SEE_CASE, case_id)
        return [one for one in _of_case(session, case_id) if _may_see(session, person, one)]


def with_testimony(center: Center, person: Person, case_id: str) -> Sequence[Interview]:
    """Return the interviews in which something was recorded, oldest first; practice is excluded.

    Raises `Forbidden`, `Missing`.
    """
    return [one for one in of_case(center, person, case_id) if _has_testimony(one)]


def is_over(interview: Interview) -> bool:
    """Return whether nothing is recorded in an interview any more."""
    return interview.state in _OVER


def _appointment_of(session: Session, case_id: str, appointment_id: str) -> Appointment:
    row = require_row(session, Appointment, appointment_id, "appointment")
    if row.case_id != case_id:
        raise Missing(f"no appointment {appointment_id[:32]} in case {case_id}")
    if row.cancelled_at is not None or row.interview_id is not None:
        raise AppointmentOver(f"appointment {row.id} is not in force any more")
    return row


def _of_case(session: Session, case_id: str) -> Sequence[Interview]:
    return session.scalars(
        select(Interview).where(Interview.case_id == case_id).order_by(Interview.opened_at, Interview.id)
    ).all()


def _has_testimony(interview: Interview) -> bool:
    return not interview.practice and bool(list_parts(interview))


def _may_see(session: Session, person: Person, interview: Interview) -> bool:
    try:
        require_interview(session, person, Act.SEE_CASE, interview)
    except NotGranted:
        return False
    return True


def opening_details(center: Center, person: Person, interview_id: str) -> Mapping[str, Any] | None:
    """Return what was stated when the interview was opened: place, present, purpose, wish.

    None if it was a practice interview or the details were erased. Raises `Forbidden`, `Missing`,
    `VaultLocked`.
    """
    interview = get(center, person, interview_id, Act.READ_DETAILS)
    commitment = center.database.scalar(
        select(StatementIndex.details).where(StatementIndex.chain == interview_id, StatementIndex.number == 0)
    )
    if commitment is None:
        return None
    return sealed_details.read(center, interview.case, [commitment]).get(commitment)


def move(center: Center, interview_id: str, state: InterviewState) -> Interview:
    """Note that the interview is now in `state`, as its recorder reports. The same state again does nothing.

    Raises `Missing`, `WrongState` for a transition that an interview does not have.
    """
    with center.database.begin() as session:
        interview = require_row(session, Interview, interview_id, "interview")
        if interview.state is state or (
            interview.state is InterviewState.SEALED and state is InterviewState.STOPPED
        ):
            return interview
        if state not in _NEXT[interview.state]:
            raise WrongState(f"an interview that is {interview.state} cannot become {state}")
        interview.state = state
        if state is InterviewState.RECORDING and interview.started_at is None:
            interview.started_at = now()
        if state is InterviewState.STOPPED:
            interview.ended_at = now()
            recorder_statements.settle(interview)
    return interview


def list_parts(interview: Interview) -> list[Part]:
    """Return the parts that were recorded, in order, with stated gaps. Parts never begun are left out."""
    listed: list[Part] = []
    safeties = list_safeties(interview)
    before: Part | None = None
    for row in interview.parts:
        if row.state in (EvidenceState.VOID, EvidenceState.OPENING):
            continue
        ends = row.ends_at
        gap, covered = None, tuple[Safety, ...]()
        if before is not None and before.ends is not None:
            gap = max(row.epoch - before.ends, timedelta())
            covered = tuple(one for one in safeties if _reaches(one, before.ends, row.epoch))
        reason = None if before is None else _reason(interview, before.evidence)
        beside = tuple(one for one in safeties if one.beside == row.id)
        before = Part(row.id, row.number, row.state, row.epoch, ends, gap, reason, covered, beside)
        listed.append(before)
    return listed


def list_items(interview: Interview) -> list[Part | Safety]:
    """Return the parts, then the safety recordings: each is an item of its own."""
    return [*list_parts(interview), *list_safeties(interview)]


def list_safeties(interview: Interview) -> list[Safety]:
    """Return the imported safety recordings, ordered by start time."""
    listed = []
    for row in interview.safeties:
        if row.state is EvidenceState.VOID or row.beside is None:
            continue
        listed.append(Safety(row.id, row.number, row.beside, row.state, row.epoch, row.ends_at))
    return listed


def _reaches(safety: Safety, begins: datetime, ends: datetime) -> bool:
    return safety.ends is not None and safety.begins < ends and safety.ends > begins


def unfinished(center: Center) -> list[tuple[str, str]]:
    """Return (interview, evidence) of every part of this machine that is not sealed yet: a child records it,
    or it needs `recover`. (Those of others: `nodes.unfinished_elsewhere`.)"""
    with center.database() as session:
        rows = session.execute(
            select(Evidence.interview_id, Evidence.id)
            .where(
                Evidence.state.in_((EvidenceState.OPENING, EvidenceState.RECORDING)),
                Evidence.interview_id.is_not(None),
                Evidence.node == center.node,
            )
            .order_by(Evidence.opened_at)
        ).all()
    return [(interview, evidence) for interview, evidence in rows if interview is not None]


def in_progress(center: Center) -> list[str]:
    """Return the ids of all interviews that have not ended, on any machine."""
    return center.database.scalars(select(Interview.id).where(Interview.state.not_in(_OVER)))


def _reason(interview: Interview, evidence: str) -> str | None:
    return next((row.reason for row in interview.parts if row.id == evidence), None)


def _texts(values: object) -> list[str]:
    if isinstance(values, Mapping):
        return [text for value in values.values() for text in _texts(value)]
    if isinstance(values, list):
        return [text for value in values for text in _texts(value)]
    return [str(values)]
