"""Cases and interviews that were opened in error: voided by a statement, never deleted.

An interview can be voided while it has no recording, a case while it has no evidence and no work in progress.
From then on nothing is added to it. It stays visible, with the reason. A verifier refuses a recording of an
interview that was voided; so an interview is ended in the working rows before its statement is made, and the
gateway begins no part of an interview that has ended.

A statement cannot be undone. If the wrong case was voided, a new one is opened.

Specification: docs/spec/statement.md, `interview.voided` and `case.voided`.
"""

from __future__ import annotations

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require_case
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Appointment,
    Case,
    Evidence,
    EvidenceState,
    Exam,
    Hold,
    Interview,
    InterviewState,
    Person,
    Specimen,
    Upload,
)
from casework.errors import InUse, Refused
from casework.interviews import interviews, rooms
from casework.ledger import custody_log
from casework.ledger.reasons import MAX_TEXT

REASONS = ("duplicate", "wrong-person", "wrong-case", "trial", "other")
"""Why it was opened in error: codes in statements."""
PURPOSE = "work"


def may_void_interview(interview: Interview) -> bool:
    """Return whether nothing is recorded in an interview that is not voided yet and not for practice."""
    recorded = any(part.state is not EvidenceState.VOID for part in (*interview.parts, *interview.safeties))
    return not (interview.practice or recorded or interview.voided_at)


def void_interview(
    center: Center, person: Person, interview_id: str, reason: str, text: str = ""
) -> Interview:
    """Void an interview that was opened in error; a second time does nothing.

    `text` is sealed to the case. Raises `Forbidden`, `Missing`, `Refused`, and `InUse` where something is
    recorded.
    """
    details = _noted(reason, text)
    with center.database.begin() as session:
        interview = interviews.permitted(session, person, interview_id, Act.OPEN_INTERVIEW)
        if interview.voided_at is not None:
            return interview
        if not may_void_interview(interview):
            raise InUse(f"interview {interview.id} has a recording, or is for practice")
        if not interviews.is_over(interview):
            interview.state, interview.ended_at = InterviewState.STOPPED, now()
    _state(center, person, "interview.voided", interview_id, interview.case, reason, details)
    return interviews.get(center, person, interview_id)


def may_void_case(center: Center, case: Case) -> bool:
    """Return whether a case that is not voided yet is empty and has no work in progress."""
    with center.database() as session:
        return case.voided_at is None and _is_unused(session, case.id)


def void_case(center: Center, person: Person, case_id: str, reason: str, text: str = "") -> Case:
    """Void a case that was opened in error; a second time does nothing.

    `text` is sealed to the case. Raises `Forbidden`, `Missing`, `Refused`, `InUse` if it is not empty.
    """
    details = _noted(reason, text)
    with center.database() as session:
        case = require_case(session, person, Act.VOID_CASE, case_id)
        if case.voided_at is not None:
            return case
        if not _is_unused(session, case_id):
            raise InUse(f"case {case_id} holds something")
    _state(center, person, "case.voided", case_id, case, reason, details)
    return center.database.get_one(Case, case_id)


def _is_unused(session: Session, case_id: str) -> bool:
    return not session.scalar(select(or_(*(one.exists() for one in _uses(case_id)))))


def _uses(case_id: str) -> list[Select[str]]:
    """Queries, each of which finds something that prevents voiding a case."""
    return [
        select(Evidence.id).where(Evidence.case_id == case_id, Evidence.state != EvidenceState.VOID),
        select(Interview.id).where(Interview.case_id == case_id, Interview.state.in_(rooms.NOT_OVER)),
        select(Exam.id).where(Exam.case_id == case_id, or_(Exam.injuries > 0, Exam.regions > 0)),
        select(Appointment.id).where(
            Appointment.case_id == case_id,
            Appointment.cancelled_at.is_(None),
            Appointment.interview_id.is_(None),
        ),
        select(Upload.id).where(Upload.case_id == case_id),
        select(Specimen.id).where(
            Specimen.case_id == case_id, Specimen.stated > 0, Specimen.withdrawn.is_(False)
        ),
        select(Hold.id).where(Hold.case_id == case_id, Hold.lifted_at.is_(None)),
    ]


def _noted(reason: str, text: str) -> dict[str, str]:
    """Return the sealed details. Raises `Refused`."""
    codes.require_one_of(reason, REASONS, "the reason")
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise Refused(f"a note has at most {MAX_TEXT} characters")
    return {"text": text} if text else {}


def _state(
    center: Center,
    person: Person,
    type_: str,
    about: str,
    case: Case,
    reason: str,
    details: dict[str, str],
) -> None:
    custody_log.append(
        center,
        custody_log.Draft(
            type=type_,
            evidence=about,
            person=person,
            purpose=PURPOSE,
            body={"reason": reason},
            case=case,
            details=details,
        ),
    )
