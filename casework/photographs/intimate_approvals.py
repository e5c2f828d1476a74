"""Intimate pictures: in no list; a named person may open one after a second person has approved.

A person requests to open one picture, for a purpose and with a reason (sealed to the case). Another person
with access to the case reads both, and approves or refuses. An approval is valid for that person, that
picture, that purpose and one day. Each opening in that time is a separate statement, `evidence.viewed`, as
for every picture (`photographs`).

Requests and decisions are signed acts, signed by the person if they have a passkey (`signed_act_types`), and
statements in the chain of the picture. The rows are derived from these (`projection_access`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes, sealed_names
from casework.access import intimate_access
from casework.access.permissions import Act, require, require_case
from casework.center import Center
from casework.clock import new_id, now
from casework.codes import PURPOSES
from casework.database.engine import require_row
from casework.database.models import (
    Case,
    Evidence,
    EvidenceState,
    IntimateRequest,
    Person,
    Photograph,
    StatementIndex,
)
from casework.errors import Missing, OwnRequest, Refused, WrongState
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.ledger.reasons import reasons_at
from chain_of_custody.statements.statement import Statement

MAX_REASON = 2000
"""Maximum characters of a reason."""


@dataclass(frozen=True)
class ApprovalRequest:
    """A request, as a list shows it."""

    id: str
    by: Person
    """With the name, if it can be read now."""
    own: bool
    purpose: str
    reason: str | None
    """None if it cannot be read."""
    at: datetime
    approved: bool | None
    """None: not decided yet."""
    until: datetime | None
    """End of an approved request."""


@dataclass(frozen=True)
class Covered:
    """An intimate picture, as a list shows it: only its number."""

    id: str
    kind: str
    """`photograph`, or `derivative`: a comparison sheet with an intimate picture on it."""
    number: int
    added_at: datetime | None
    open_now: bool
    """Whether the reader of the list may open it now."""
    asked: Sequence[ApprovalRequest]
    """Requests that have not expired."""


def ask(
    center: Center,
    person: Person,
    evidence_id: str,
    purpose: str,
    reason: str,
    *,
    state: State = custody_log.append,
) -> str:
    """Request to open one picture; returns the request's id.

    If a request for this purpose is pending or approved, returns its id. Raises `Forbidden`, `Missing`,
    `Refused`, `WrongState` if the picture is not intimate, and the errors of `state`.
    """
    with center.database() as session:
        row, case = _intimate(session, person, Act.SEE_INTIMATE, evidence_id)
        running = _running(session, person, row.id, purpose)
    codes.require_one_of(purpose, PURPOSES, "purpose")
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise Refused(f"a reason has 1 to {MAX_REASON} characters")
    if running is not None:
        return running
    request_id = new_id()
    state(
        center,
        custody_log.Draft(
            type="intimate.requested",
            evidence=row.id,
            person=person,
            purpose=purpose,
            body={"request": request_id},
            case=case,
            details={"reason": reason.strip()},
        ),
    )
    return request_id


def decide(
    center: Center, person: Person, request_id: str, *, approve: bool, state: State = custody_log.append
) -> None:
    """Approve or refuse a request.

    Raises `Forbidden`, `OwnRequest`, `Missing`, `WrongState` if it was decided already or has expired, and
    the errors of `state`.
    """
    with center.database() as session:
        request, row, case = _answerable(session, person, request_id)
    state(
        center,
        custody_log.Draft(
            type="intimate.approved" if approve else "intimate.refused",
            evidence=row.id,
            person=person,
            purpose=request.purpose,
            body={"person": request.requested_by, "request": request.id},
            case=case,
        ),
    )


def case_of(center: Center, person: Person, evidence_id: str) -> str:
    """Return the case id of a picture that this person may request. Raises as `ask`."""
    with center.database() as session:
        return _intimate(session, person, Act.SEE_INTIMATE, evidence_id)[1].id


def case_of_request(center: Center, person: Person, request_id: str) -> str:
    """Return the case id of a request that this person may decide. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _request_of(session, person, request_id)[2].id


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still make the request or decision they signed.

    Raises as `ask`, `decide`.
    """
    with center.database() as session:
        if statement.type != "intimate.requested":
            _answerable(session, person, str(statement.body["request"]))
            return
        row, _ = _intimate(session, person, Act.SEE_INTIMATE, statement.evidence)
        if _running(session, person, row.id, statement.purpose) is not None:
            raise WrongState(f"{person.id} has asked for {row.id} already")


def listed(center: Center, person: Person, case_id: str) -> list[Covered]:
    """Return the intimate pictures of a case, by number. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.SEE_INTIMATE, case_id)
        rows = session.scalars(
            select(Evidence)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(
                Evidence.case_id == case_id,
                Evidence.state == EvidenceState.COMPLETE,
                Photograph.intimate.is_(True),
            )
            .order_by(Evidence.kind.desc(), Evidence.number)
        ).all()
        lasting = {row.id: intimate_access.lasting(session, row.id) for row in rows}
        asking = {one.requested_by for each in lasting.values() for one in each}
        people = session.scalars(select(Person).where(Person.id.in_(asking))).all()
        places = {one.id: _position(session, one) for each in lasting.values() for one in each}
    by = {one.id: one for one in sealed_names.named(center, people)}
    stated = reasons_at(center, case, [at for at in places.values() if at is not None])
    reasons = {id_: stated[at].get("reason") for id_, at in places.items() if at in stated}
    return [
        Covered(
            row.id,
            row.kind,
            row.number,
            row.sealed_at,
            any(one.requested_by == person.id and one.approved for one in lasting[row.id]),
            [
                _approval_request(one, by[one.requested_by], person, reasons.get(one.id))
                for one in lasting[row.id]
            ],
        )
        for row in rows
    ]


def agreed_to(center: Center, person: Person, evidence_id: str) -> list[str] | None:
    """Return the purposes for which this person may open it now; None for a picture that is not intimate."""
    with center.database() as session:
        if not session.get_one(Photograph, evidence_id).intimate:
            return None
        return list(
            dict.fromkeys(one.purpose for one in intimate_access.agreed(session, person, evidence_id))
        )


# --- inside -------------------------------------------------------------------------------------------------


def _intimate(session: Session, person: Person, act: Act, evidence_id: str) -> tuple[Evidence, Case]:
    require(person, act)
    row = session.get(Evidence, evidence_id)
    if row is None or row.interview_id is not None:
        raise Missing(f"no photograph {evidence_id[:32]}")
    case = require_case(session, person, act, row.case_id)
    if not session.get_one(Photograph, row.id).intimate or row.state is not EvidenceState.COMPLETE:
        raise WrongState(f"photograph {row.id} is not intimate, or was disposed of")
    return row, case


def _request_of(session: Session, person: Person, request_id: str) -> tuple[IntimateRequest, Evidence, Case]:
    require(person, Act.APPROVE_INTIMATE)  # without the role, no id is disclosed
    request = require_row(session, IntimateRequest, request_id, "request")
    return request, *_intimate(session, person, Act.APPROVE_INTIMATE, request.evidence_id)


def _answerable(session: Session, person: Person, request_id: str) -> tuple[IntimateRequest, Evidence, Case]:
    request, row, case = _request_of(session, person, request_id)
    if request.requested_by == person.id:
        raise OwnRequest("nobody agrees to their own request")
    if request.approved is not None or request.expires_at <= now():
        raise WrongState("this request was answered already, or is over")
    return request, row, case


def _running(session: Session, person: Person, evidence_id: str, purpose: str) -> str | None:
    """Return the id of this person's pending or approved request for this purpose."""
    criteria = (person.id, purpose)
    mine = [
        one
        for one in intimate_access.lasting(session, evidence_id)
        if (one.requested_by, one.purpose) == criteria
    ]
    return next((one.id for one in mine if one.approved is not False), None)


def _position(session: Session, request: IntimateRequest) -> int | None:
    """Return the ledger position of a request's statement, whose details are the reason."""
    return session.scalar(
        select(StatementIndex.position).where(
            StatementIndex.chain == request.evidence_id,
            StatementIndex.type == "intimate.requested",
            StatementIndex.actor == request.requested_by,
            StatementIndex.at == request.requested_at,
        )
    )


def _approval_request(
    one: IntimateRequest, by: Person, person: Person, reason: str | None
) -> ApprovalRequest:
    until = one.expires_at if one.approved else None
    return ApprovalRequest(
        one.id, by, by.id == person.id, one.purpose, reason, one.requested_at, one.approved, until
    )
