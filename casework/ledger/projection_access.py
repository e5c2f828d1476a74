"""Projection of statements about access onto the working rows: the ledger decides, the rows follow.

As in `projection_retention`: the code that states an act then updates the rows (`note`). A process that dies
in between leaves a statement without its row; `catch_up` finds it, as does a rebuild. Each statement may be
applied any number of times.

    case.given, case.withdrawn                     CaseAccess
    grant.given, .accepted, .withdrawn             Grant
    copy.authorised                                Grant: a package may be made under it
    consent.recorded, consent.withdrawn            Consent: a row each, of which the newest counts
    passage.excluded, passage.restored             Exclusion
    interview.opened                               Interview.follows, where the row is there
    derivative.checked                             Derivative: the newest counts
    intimate.requested, .approved, .refused        IntimateRequest: the first answer counts, for a day
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
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
    IntimateRequest,
    Person,
    StatementIndex,
)
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement, Statement

if TYPE_CHECKING:
    from casework.center import Center

TYPES = (
    "case.given",
    "case.withdrawn",
    "grant.given",
    "grant.accepted",
    "grant.withdrawn",
    "copy.authorised",
    "consent.recorded",
    "consent.withdrawn",
    "passage.excluded",
    "passage.restored",
    "interview.opened",
    "derivative.checked",
    "intimate.requested",
    "intimate.approved",
    "intimate.refused",
)

AGREEMENT_LASTS = timedelta(days=1)
"""How long a second person's agreement to open an intimate picture is valid, and a request for one waits."""


def note(center: Center, position: int) -> None:
    """Apply the statement at this position to the rows."""
    statement = SignedStatement.parse(center.ledger.entry(position)).statement
    with center.database.begin() as session:
        take(session, position, statement)


def catch_up(center: Center, after: int = -1) -> int:
    """Apply every statement after this position, in the ledger's order; return the last one's position.

    A statement whose row exists already changes nothing.
    """
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.type.in_(TYPES), StatementIndex.position > after)
            .order_by(StatementIndex.position)
        ).all()
    for position in positions:
        note(center, position)
    return max(positions, default=after)


def take(session: Session, position: int, statement: Statement) -> None:
    """Apply one statement to the rows. Ignores one about a case that is not known here."""
    if statement.case is None or session.get(Case, statement.case) is None:
        return
    match statement.type:
        case "case.given" | "case.withdrawn":
            _access(session, statement)
        case "grant.given":
            _given(session, position, statement)
        case "grant.accepted" | "grant.withdrawn" | "copy.authorised":
            _of_grant(session, statement)
        case "consent.recorded" | "consent.withdrawn":
            _consent(session, position, statement)
        case "passage.excluded" | "passage.restored":
            _passage(session, position, statement)
        case "interview.opened":
            interview = session.get(Interview, statement.evidence)
            if interview is not None:
                interview.follows = statement.body.get("follows")
        case "derivative.checked":
            _checked(session, position, statement)
        case "intimate.requested":
            _requested(session, statement)
        case "intimate.approved" | "intimate.refused":
            _answered(session, statement)
    session.flush()


def _access(session: Session, statement: Statement) -> None:
    person, at = str(statement.body["person"]), moment(statement.at)
    if session.get(Person, person) is None:
        return
    access = session.get(CaseAccess, (statement.case, person))
    if statement.type == "case.withdrawn":
        if access is not None and access.given_at <= at and access.withdrawn_at is None:
            access.withdrawn_at = at
        return
    if access is None:
        access = CaseAccess(case_id=str(statement.case), person_id=person)
        session.add(access)
    elif access.given_at >= at:  # applied before, or given again since
        return
    access.given_by, access.given_at, access.withdrawn_at = statement.actor.id, at, None


def _given(session: Session, position: int, statement: Statement) -> None:
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


def _of_grant(session: Session, statement: Statement) -> None:
    grant, at = session.get(Grant, statement.body["grant"]), moment(statement.at)
    if grant is None or grant.case_id != statement.case:
        return
    match statement.type:
        case "grant.accepted" if statement.actor.id == grant.person_id:
            grant.accepted_at = grant.accepted_at or at
        case "grant.withdrawn":
            grant.withdrawn_at = grant.withdrawn_at or at
        case "copy.authorised":
            grant.authorised_at = grant.authorised_at or at


def _checked(session: Session, position: int, statement: Statement) -> None:
    row = session.get(Derivative, statement.evidence)
    if row is None or (row.checked_position is not None and position < row.checked_position):
        return  # order in the ledger decides which is the newest, not clocks
    row.accepted, row.checked_position = bool(statement.body["accepted"]), position
    row.checked_by, row.checked_at = statement.actor.id, moment(statement.at)


def _requested(session: Session, statement: Statement) -> None:
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


def _answered(session: Session, statement: Statement) -> None:
    """Apply an answer. Only the first counts, from another person, about the requested picture."""
    request = session.get(IntimateRequest, statement.body["request"])
    if request is None or request.approved is not None or request.evidence_id != statement.evidence:
        return
    if request.requested_by == statement.actor.id:
        return
    at = moment(statement.at)
    request.decided_by, request.decided_at = statement.actor.id, at
    request.approved, request.expires_at = statement.type == "intimate.approved", at + AGREEMENT_LASTS


def _consent(session: Session, position: int, statement: Statement) -> None:
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


def _passage(session: Session, position: int, statement: Statement) -> None:
    body, at = statement.body, moment(statement.at)
    row = session.get(Exclusion, body["exclusion"])
    if statement.type == "passage.restored":
        if row is not None and row.evidence_id == statement.evidence and row.restored_at is None:
            row.restored_by, row.restored_at, row.restored_position = statement.actor.id, at, position
        return
    if row is not None or session.get(Evidence, statement.evidence) is None:
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
            entered_at=at,
            position=position,
        )
    )
