"""Disposal by two people: one requests the destruction of an item, another decides.

Both acts are statements in the item's own chain (`disposal.authorised`), with a reason as a code, and a
reference and words that are sealed to the case. A person cannot decide their own request. Neither act is
accepted while a legal hold is over the case or a rule still requires retention. After approval the item
cannot be opened (`projection_retention`), locks are not renewed, and it is destroyed in every place as its
locks expire (`destruction`). Until every wrapped key of it is destroyed the disposal can be cancelled
(`refuse`); a legal hold that is placed meanwhile cancels it automatically.

`state`: the function that states the act, as in `legal_holds`.

An *item* is one recording part; or the details of a case, once every part of it is disposed of: then the
case's own key is destroyed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access import readable_reasons
from casework.access.permissions import Act, require_case
from casework.cases import history
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    Disposal,
    DisposalPlace,
    Evidence,
    EvidenceState,
    Interview,
    InterviewState,
    Person,
)
from casework.errors import OwnRequest, StillKept, WrongState
from casework.evidence import sealed_recordings
from casework.ledger import custody_log, projection_retention
from casework.ledger.custody_log import Draft, State
from casework.ledger.reasons import referring
from casework.retention import legal_holds, schedules
from casework.retention.hold_overrides import too_late
from casework.retention.locations import versions_of
from casework.working_copies import orders
from chain_of_custody.statements.statement import SignedStatement, Statement

PURPOSE = "disposal"


@dataclass(frozen=True)
class DisposalDetails:
    """A disposal, for people. Sealed values are None while they cannot be read, or once they are erased."""

    disposal: Disposal
    requested_by: str | None
    decided_by: str | None
    """Names at that time."""
    reference: str | None
    text: str | None
    wraps: int
    wraps_left: int
    """Versions of wrapped keys that were found, and how many of them remain."""
    objects: int
    objects_left: int
    pending_until: datetime | None
    """The last lock of the remaining versions; None if none is known."""
    places: Sequence[DisposalPlace]

    @property
    def state(self) -> str:
        """`requested`, `refused`, `pending`, `disposed` (every wrapped key is destroyed) or `finished`."""
        if self.disposal.approved is None:
            return "requested"
        if not self.disposal.approved:
            return "refused"
        if self.disposal.finished_at is not None:
            return "finished"
        return "pending" if self.disposal.disposed_at is None else "disposed"


def request(
    center: Center,
    person: Person,
    item: str,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Disposal:
    """Request the destruction of an item; states `disposal.authorised` by this person.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` while anything retains it, and the errors of
    `state`.
    """
    details = referring(reference, text)
    codes.require_one_of(reason, codes.DESTROYING, "the reason")
    with center.database() as session:  # 1. Permission
        case = _case_of(session, person, item)
        if (pending := _pending(session, item)) is not None:
            raise WrongState(f"disposal {pending.id} of {item} is under way already")
        require_free(center, session, case, item)
    return _stated(center, state, person, case, item, "disposal.authorised", new_id(), reason, details)


def approve(
    center: Center,
    person: Person,
    disposal_id: str,
    *,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Disposal:
    """Approve another person's request. From then on the item cannot be opened.

    Raises `Forbidden` for one's own request, `Missing`, `Refused`, `WrongState`, and the errors of `state`.
    """
    details = referring(reference, text)
    disposal = center.database.require(Disposal, disposal_id, "disposal")
    with center.database() as session:
        case = _case_of(session, person, disposal.item)
        if disposal.requested_by == person.id:
            raise OwnRequest("nobody decides about their own request: a second person has to")
        if disposal.approved is not None:
            raise WrongState(f"disposal {disposal_id} was decided already")
        require_free(center, session, case, disposal.item)
    item, why = disposal.item, disposal.reason
    return _stated(center, state, person, case, item, "disposal.authorised", disposal_id, why, details)


def refuse(
    center: Center,
    person: Person,
    disposal_id: str,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Disposal:
    """Refuse a request, withdraw one's own, or cancel a disposal while a wrapped key is left.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` for one that is over, and the errors of `state`.
    """
    details = referring(reference, text)
    codes.require_one_of(reason, codes.REFUSING, "the reason")
    disposal = center.database.require(Disposal, disposal_id, "disposal")
    with center.database() as session:
        case = _case_of(session, person, disposal.item)
        _require_not_over(session, disposal)
    item = disposal.item
    return _stated(center, state, person, case, item, "disposal.refused", disposal_id, reason, details)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still perform the act they signed.

    The item's chain is unchanged since, but other conditions may have changed. Raises `Forbidden`, `Missing`,
    `WrongState`.
    """
    with center.database() as session:
        case = _case_of(session, person, statement.evidence)
        if statement.type == "disposal.authorised":
            require_free(center, session, case, statement.evidence)
        else:
            _require_not_over(session, session.get_one(Disposal, statement.body["disposal"]))


def follow(center: Center, position: int) -> None:
    """Start the work that follows from the request or decision stated at this position, after its rows are
    updated."""
    sealed_recordings.forget(center, SignedStatement.parse(center.ledger.entry(position)).statement.evidence)
    center.retaining.set()


def listed(center: Center, person: Person, case_id: str) -> list[DisposalDetails]:
    """Every disposal in a case, the newest first. Raises `Forbidden`, `Missing`.

    People with a grant see only the disposals of the items in it.
    """
    with center.database() as session:
        case = require_case(session, person, Act.SEE_HISTORY, case_id)
        disposals = session.scalars(
            select(Disposal).where(Disposal.case_id == case_id).order_by(Disposal.requested_at.desc())
        ).all()
        visible = [one for one in disposals if history.reaches(session, person, one.item)]
    positions = [at for one in visible for at in (one.requested_position, one.decided_position) if at]
    sealed = readable_reasons.reasons_for(center, person, case, positions)
    return [_disposal_details(center, one, sealed) for one in visible]


def disposed(center: Center, item: str) -> Disposal | None:
    """The approved disposal of this item."""
    with center.database() as session:
        return projection_retention.approved(session, item)


def require_free(center: Center, session: Session, case: Case, item: str) -> None:
    """Raises `StillKept` while an item must be retained: by a hold, a rule, its own state."""
    legal_holds.require_none(session, case.id)
    if item == case.id:
        _require_last(session, case)
    else:
        part = session.get_one(Evidence, item)
        if not part.state.sealed:
            raise StillKept(f"evidence {item} is {part.state}, not sealed")
        if left := orders.remaining_derivatives(session, part):
            raise StillKept(f"derivative {left[0]} was made from {item}, and shows it: it has to go first")
    retention = schedules.of_case(center, case)[item]
    if not retention.over:
        raise StillKept(f"{item} is kept until {retention.until:%Y-%m-%d} at least ({retention.why})")


# --- inside -----------------------------------------------------------------------------------------------


def _require_last(session: Session, case: Case) -> None:
    for added in session.scalars(
        select(Evidence).where(Evidence.case_id == case.id, Evidence.interview_id.is_(None))
    ):
        _require_destroyed(session, case, added)
    interviews = session.scalars(select(Interview).where(Interview.case_id == case.id)).all()
    for interview in interviews:
        if not interview.practice and interview.state not in (InterviewState.SEALED, InterviewState.STOPPED):
            raise StillKept(f"interview {interview.id} of case {case.id} is not over")
        for part in (*interview.parts, *interview.safeties):
            _require_destroyed(session, case, part)


def _require_destroyed(session: Session, case: Case, item: Evidence) -> None:
    over = session.scalar(
        select(Disposal.id).where(Disposal.item == item.id, Disposal.disposed_at.is_not(None))
    )
    if item.state is not EvidenceState.VOID and over is None:
        raise StillKept(f"{item.kind} {item.id} of case {case.id} is not disposed of yet")


def _case_of(session: Session, person: Person, item: str) -> Case:
    part = session.get(Evidence, item)
    case_id = item if part is None else part.case_id
    return require_case(session, person, Act.DISPOSE_EVIDENCE, case_id)


def _pending(session: Session, item: str) -> Disposal | None:
    return session.scalar(select(Disposal).where(Disposal.item == item, Disposal.approved.is_not(False)))


def _require_not_over(session: Session, disposal: Disposal) -> None:
    irreversible = too_late(session, disposal)
    if disposal.disposed_at is not None or disposal.approved is False or irreversible:
        raise WrongState(f"disposal {disposal.id} is over")


def _stated(
    center: Center,
    state: State,
    person: Person,
    case: Case,
    item: str,
    type_: str,
    disposal_id: str,
    reason: str,
    details: Mapping[str, str],
) -> Disposal:
    body = {"disposal": disposal_id, "reason": reason}
    draft = Draft(type_, item, person, PURPOSE, body, case, details)
    follow(center, state(center, draft).index)  # 2. Statement; 3. Destruction, by its thread
    return center.database.get_one(Disposal, disposal_id)


def _disposal_details(
    center: Center, disposal: Disposal, sealed: Mapping[int, Mapping[str, str]]
) -> DisposalDetails:
    with center.database() as session:
        versions = versions_of(session, disposal.id)
        places = session.scalars(
            select(DisposalPlace)
            .where(DisposalPlace.disposal_id == disposal.id)
            .order_by(DisposalPlace.place)
        ).all()
    left = [one for one in versions if one.gone_at is None]
    request = sealed.get(disposal.requested_position, {})
    decided = sealed.get(disposal.decided_position or -1, {})
    return DisposalDetails(
        disposal=disposal,
        requested_by=request.get("name"),
        decided_by=decided.get("name"),
        reference=request.get("reference"),
        text=request.get("text"),
        wraps=sum(one.wrap for one in versions),
        wraps_left=sum(one.wrap for one in left),
        objects=sum(not one.wrap for one in versions),
        objects_left=sum(not one.wrap for one in left),
        pending_until=max(
            (one.locked_until for one in left if one.locked_until and one.locked_until > now()), default=None
        ),
        places=places,
    )
