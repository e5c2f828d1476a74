"""Projection of statements about access onto the working rows.

Which rows follow from which statement (`projections` says when):

    case.given, case.withdrawn                     CaseAccess
    grant.given, .accepted, .withdrawn             Grant
    copy.authorised                                Grant: a package may be made under it
    consent.recorded, consent.withdrawn            Consent: a row each, of which the newest counts
    passage.excluded, passage.restored             Exclusion
    interview.opened                               Interview.follows, where the row is there
    interview.voided, case.voided                  Interview.voided_at, Case.voided_at: the first counts
    derivative.checked                             Derivative: the newest counts
    intimate.requested, .approved, .refused        IntimateRequest: the first answer counts, for a day
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from casework.database.models import (
    Case,
    CaseAccess,
    Consent,
    Derivative,
    Evidence,
    Exclusion,
    Grant,
    Interview,
    InterviewState,
    IntimateRequest,
    Person,
)
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import Statement

AGREEMENT_LASTS = timedelta(days=1)
"""How long a second person's agreement to open an intimate picture is valid, and a request for one waits."""


def case_given(session: Session, position: int, statement: Statement) -> None:
    """Give a colleague access to the case."""
    person, at = str(statement.body["person"]), moment(statement.at)
    if session.get(Person, person) is None:
        return
    access = session.get(CaseAccess, (statement.case, person))
    if access is None:
        access = CaseAccess(case_id=str(statement.case), person_id=person)
        session.add(access)
    elif access.given_at >= at:  # applied before, or given again since
        return
    access.given_by, access.given_at, access.withdrawn_at = statement.actor.id, at, None


def case_withdrawn(session: Session, position: int, statement: Statement) -> None:
    """Withdraw access to the case, unless it was given again since."""
    access, at = session.get(CaseAccess, (statement.case, statement.body["person"])), moment(statement.at)
    if access is not None and access.given_at <= at and access.withdrawn_at is None:
        access.withdrawn_at = at


def grant_given(session: Session, position: int, statement: Statement) -> None:
    """Add the grant."""
    body = statement.body
    if session.get(Grant, body["grant"]) is not None or session.get(Person, body["person"]) is None:
        return
    session.add(
        Grant(
            id=body["grant"],
            case_id=str(statement.case),
            person_id=body["person"],
            kind=body["kind"],
            purpose=statement.purpose,
            basis=body["basis"],
            items=None if body["items"] is None else [dict(item) for item in body["items"]],
            begins_at=moment(body["from"]),
            ends_at=moment(body["until"]),
            given_by=statement.actor.id,
            given_at=moment(statement.at),
            position=position,
        )
    )


def grant_accepted(session: Session, position: int, statement: Statement) -> None:
    """Note that its receiver accepted the grant; only their own acceptance counts."""
    grant = _grant(session, statement)
    if grant is not None and statement.actor.id == grant.person_id:
        grant.accepted_at = grant.accepted_at or moment(statement.at)


def grant_withdrawn(session: Session, position: int, statement: Statement) -> None:
    """End the grant."""
    if (grant := _grant(session, statement)) is not None:
        grant.withdrawn_at = grant.withdrawn_at or moment(statement.at)


def copy_authorised(session: Session, position: int, statement: Statement) -> None:
    """Permit a package under the grant."""
    if (grant := _grant(session, statement)) is not None:
        grant.authorised_at = grant.authorised_at or moment(statement.at)


def _grant(session: Session, statement: Statement) -> Grant | None:
    """Return the grant that the statement is about, if it is one of its case."""
    grant = session.get(Grant, statement.body["grant"])
    return None if grant is None or grant.case_id != statement.case else grant


def interview_opened(session: Session, position: int, statement: Statement) -> None:
    """Link the interview to an earlier one, where its row is there."""
    interview = session.get(Interview, statement.evidence)
    if interview is not None:
        interview.follows = statement.body.get("follows")


def interview_voided(session: Session, position: int, statement: Statement) -> None:
    """Note that the interview was opened in error; it is over."""
    interview = session.get(Interview, statement.evidence)
    if interview is not None and interview.voided_at is None:
        interview.voided_at, interview.voided_for = moment(statement.at), str(statement.body["reason"])
        interview.state = InterviewState.STOPPED
        interview.ended_at = interview.ended_at or interview.voided_at


def case_voided(session: Session, position: int, statement: Statement) -> None:
    """Note that the case was opened in error."""
    case = session.get(Case, statement.evidence)
    if case is not None and case.voided_at is None:
        case.voided_at, case.voided_for = moment(statement.at), str(statement.body["reason"])


def derivative_checked(session: Session, position: int, statement: Statement) -> None:
    """Note whether a second person accepted the derivative."""
    row = session.get(Derivative, statement.evidence)
    if row is None or (row.checked_position is not None and position < row.checked_position):
        return  # order in the ledger decides which is the newest, not clocks
    row.accepted, row.checked_position = bool(statement.body["accepted"]), position
    row.checked_by, row.checked_at = statement.actor.id, moment(statement.at)


def intimate_requested(session: Session, position: int, statement: Statement) -> None:
    """Add the request to open an intimate picture."""
    known = session.get(IntimateRequest, statement.body["request"]) is not None
    if known or session.get(Evidence, statement.evidence) is None:
        return
    at = moment(statement.at)
    session.add(
        IntimateRequest(
            id=statement.body["request"],
            evidence_id=statement.evidence,
            requested_by=statement.actor.id,
            requested_at=at,
            purpose=statement.purpose,
            expires_at=at + AGREEMENT_LASTS,
        )
    )


def intimate_answered(session: Session, position: int, statement: Statement) -> None:
    """Apply an answer. Only the first counts, from another person, about the requested picture."""
    request = session.get(IntimateRequest, statement.body["request"])
    if request is None or request.approved is not None or request.evidence_id != statement.evidence:
        return
    if request.requested_by == statement.actor.id:
        return
    at = moment(statement.at)
    request.decided_by, request.decided_at = statement.actor.id, at
    request.approved, request.expires_at = statement.type == "intimate.approved", at + AGREEMENT_LASTS


def consent_stated(session: Session, position: int, statement: Statement) -> None:
    """Add an answer about consent, or its withdrawal."""
    if session.get(Consent, position) is not None:
        return
    body = statement.body
    session.add(
        Consent(
            position=position,
            case_id=str(statement.case),
            subject=body["subject"],
            outcome=body.get("outcome", "withdrawn"),
            by=body["by"],
            form=body["form"],
            language=body.get("language"),
            at=moment(statement.at),
            recorded_by=statement.actor.id,
        )
    )


def passage_excluded(session: Session, position: int, statement: Statement) -> None:
    """Add a court's exclusion."""
    body = statement.body
    known = session.get(Exclusion, body["exclusion"]) is not None
    if known or session.get(Evidence, statement.evidence) is None:
        return
    excerpt = body["excerpt"]
    session.add(
        Exclusion(
            id=body["exclusion"],
            case_id=str(statement.case),
            evidence_id=statement.evidence,
            begins=None if excerpt is None else excerpt["from"],
            ends=None if excerpt is None else excerpt["to"],
            reason=body["reason"],
            entered_by=statement.actor.id,
            entered_at=moment(statement.at),
            position=position,
        )
    )


def passage_restored(session: Session, position: int, statement: Statement) -> None:
    """End a court's exclusion."""
    row = session.get(Exclusion, statement.body["exclusion"])
    if row is not None and row.evidence_id == statement.evidence and row.restored_at is None:
        row.restored_by, row.restored_at = statement.actor.id, moment(statement.at)
        row.restored_position = position
