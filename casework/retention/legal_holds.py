"""Legal holds over a case: while one is in force nothing of it is destroyed, regardless of all rules.

A hold is stated first (`hold.placed`, in the chain of the case); from then on no disposal is accepted and
none continues. In the copies it is then set as S3's legal hold on each object of each item, and on the wraps
(`hold_enforcement`), so that an attacker who controls this process cannot destroy them either. Several may be
in force at once; each ends by its own statement. `disposal_requests.require_free` checks holds and rules
(`schedules`) together.

`state`: the function that states the act. By default the center's key signs, as for commands at the machine's
own terminal; pages have the person sign (`pending_acts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import Act, require_case
from casework.access.readable_reasons import reasons_for
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id
from casework.database.models import Case, Hold, HoldStanding, Person
from casework.errors import StillKept, WrongState
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.ledger.reasons import referring
from casework.retention.hold_overrides import take_back
from chain_of_custody.statements.statement import Statement

PURPOSE = "legal-hold"


@dataclass(frozen=True)
class ListedHold:
    """A hold, for people. Reference and text are None while they cannot be read, or once they are erased."""

    hold: Hold
    reference: str | None
    text: str | None
    name: str | None
    """Name of the person who placed it, at that time."""


def place(
    center: Center,
    person: Person,
    case_id: str,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Hold:
    """Place a hold; it is in force on return.

    Raises `Forbidden`, `Missing`, `Refused`, and the errors of `state`.
    """
    details = referring(reference, text)
    codes.require_one_of(reason, codes.HOLDING, "the reason")
    case = cases.get(center, person, case_id, Act.KEEP_CASE)  # 1. Permission
    return _stated(center, state, person, case, "hold.placed", new_id(), reason, details)


def lift(
    center: Center,
    person: Person,
    hold_id: str,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Hold:
    """End a hold.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` for one that has ended, and the errors of `state`.
    """
    details = referring(reference, text)
    codes.require_one_of(reason, codes.LIFTING, "the reason")
    hold = center.database.require(Hold, hold_id, "hold")
    case = cases.get(center, person, hold.case_id, Act.KEEP_CASE)
    if hold.lifted_at is not None:
        raise WrongState(f"hold {hold_id} was lifted already")
    return _stated(center, state, person, case, "hold.lifted", hold_id, reason, details)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still place or lift the hold they signed: its chain is unchanged since.

    Raises `Forbidden`, `Missing`.
    """
    cases.get(center, person, statement.evidence, Act.KEEP_CASE)


def follow(center: Center, position: int) -> None:
    """Cancel disposals under a hold, and wake the thread that sets holds. Its rows are updated already."""
    take_back(center)
    center.retaining.set()


def in_force(session: Session, case_id: str) -> Sequence[Hold]:
    """Return the holds over a case, oldest first."""
    return session.scalars(
        select(Hold)
        .where(Hold.case_id == case_id, Hold.lifted_at.is_(None))
        .order_by(Hold.placed_at, Hold.id)
    ).all()


def over(center: Center, case_id: str) -> bool:
    """Return whether any hold is over a case: for people who may see it."""
    with center.database() as session:
        return bool(in_force(session, case_id))


def require_none(session: Session, case_id: str) -> None:
    """Raises `StillKept` while a hold is over the case."""
    if found := in_force(session, case_id):
        raise StillKept(f"case {case_id} is under legal hold {found[0].id}: nothing of it may be destroyed")


def listed(center: Center, person: Person, case_id: str) -> list[ListedHold]:
    """Return every present and past hold over a case, the newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.SEE_HISTORY, case_id)
        holds = session.scalars(
            select(Hold).where(Hold.case_id == case_id).order_by(Hold.placed_at.desc(), Hold.id)
        ).all()
    reasons = reasons_for(center, person, case, [hold.position for hold in holds])
    return [
        ListedHold(hold, found.get("reference"), found.get("text"), found.get("name"))
        for hold, found in ((hold, reasons.get(hold.position, {})) for hold in holds)
    ]


def standings(center: Center, case_id: str) -> Sequence[HoldStanding]:
    """Return the progress of each copy with the holds over a case."""
    return center.database.scalars(
        select(HoldStanding).where(HoldStanding.case_id == case_id).order_by(HoldStanding.place)
    )


def last_decided(center: Center, case_id: str) -> datetime | None:
    """Return when a hold over the case was last placed or lifted; earlier reports of a copy do not reflect
    it."""
    moments = func.max(Hold.placed_at), func.max(Hold.lifted_at)
    with center.database() as session:
        found = session.execute(select(*moments).where(Hold.case_id == case_id)).one()
    return max((one for one in found if one is not None), default=None)


def _stated(
    center: Center,
    state: State,
    person: Person,
    case: Case,
    type_: str,
    hold_id: str,
    reason: str,
    details: Mapping[str, str],
) -> Hold:
    body = {"hold": hold_id, "reason": reason}
    draft = custody_log.Draft(type_, case.id, person, PURPOSE, body, case, details)
    follow(center, state(center, draft).index)  # 2. Statement; 3. The objects, by the thread for that
    return center.database.get_one(Hold, hold_id)
