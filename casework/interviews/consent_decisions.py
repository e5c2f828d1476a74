"""Recording without consent: a decision of the person who conducts the interview, with a reason, in the
record. Before a recording, consent may not have been requested yet, or was refused or withdrawn. Then the
person who begins decides, and writes the reason. The statement `interview.decided` is in the chain of the
interview, so every package contains it; the reason is sealed to the case. A decision is required only before
the first part: an interview that has begun is never stopped by it.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act, require_interview
from casework.cases.consent import RECORDING
from casework.center import Center
from casework.database.models import Interview, Person
from casework.errors import ConsentLacking, Refused
from casework.ledger import custody_log, statement_index
from casework.ledger.reasons import MAX_TEXT

DECIDED = "interview.decided"
NOT_ASKED = "not-asked"
LACKING = (NOT_ASKED, "refused", "withdrawn")


def consent_to_recording(center: Center, interview: Interview) -> str:
    """Return a code for the checks before recording.

    `given`, `limited`; else `not-asked`, `refused` or `withdrawn`; or `decided`, after a decision to record
    without it; or `begun`, where none is needed, since the interview has begun.
    """
    with center.database() as session:
        return _consent_state(session, interview)


def require_consent_or_decide(center: Center, person: Person, interview: Interview, reason: str) -> None:
    """Check that the interview may be recorded; if consent is missing, state the decision.

    Raises `Forbidden`, `Refused` for a reason that is too long, `ConsentLacking` for a missing one.
    """
    with center.database() as session:
        require_interview(session, person, Act.CONDUCT_INTERVIEW, interview)
        lacking = _consent_state(session, interview)
    if interview.practice or lacking not in LACKING:
        return
    if not reason.strip():
        raise ConsentLacking(f"consent to recording interview {interview.id} is {lacking}")
    if len(reason.strip()) > MAX_TEXT:
        raise Refused(f"a reason has at most {MAX_TEXT} characters")
    custody_log.append(
        center,
        custody_log.Draft(
            type=DECIDED,
            evidence=interview.id,
            person=person,
            purpose=interview.purpose,
            body={"consent": lacking},
            case=interview.case,
            details={"text": reason.strip()},
        ),
    )


def _consent_state(session: Session, interview: Interview) -> str:
    consent = grants_in_force.consent_to(session, interview.case_id, RECORDING)
    outcome = NOT_ASKED if consent is None else consent.outcome
    if outcome not in LACKING:
        return outcome
    decided = statement_index.newest(session, interview.id, DECIDED)
    if decided is not None and (consent is None or decided.position > consent.position):
        return "decided"
    return outcome if interview.started_at is None else "begun"
