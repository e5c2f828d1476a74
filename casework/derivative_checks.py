"""What a second person says of a derivative: that it may be relied on, or not.

A redacted film leaves out what must not be seen, and a transcript says what was said: whether it does, a
program cannot tell. So somebody who did not have it made opens it and says whether they accept it
(`derivative.checked`); the newest word counts. Until one is accepted it leaves the house in no package and is
opened under no grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from casework import custody_log, derivatives
from casework.center import now
from casework.errors import OwnRequest, Refused, WrongState
from casework.models import Derivative, Person, Viewing
from casework.permissions import Act
from chain_of_custody.bodies import RELEASED

if TYPE_CHECKING:
    from casework.center import Center


def check(center: Center, person: Person, derivative_id: str, *, accepted: bool) -> Derivative:
    """State that this person has looked at it, and whether they accept it, for the purpose it was made for.

    Raises `Forbidden`, `Missing`, `Disposed`, `Refused`, `OwnRequest` for whoever had it made, `WrongState`
    for somebody who has not opened it.
    """
    with center.database() as session:
        _, case, _ = derivatives.sealed(session, person, derivative_id, Act.CHECK_DERIVATIVE)
        row = session.get_one(Derivative, derivative_id)
        seen = session.scalar(
            select(exists().where(Viewing.evidence_id == row.id, Viewing.person_id == person.id))
        )
    if row.kind not in RELEASED:
        raise Refused(f"nobody needs to check a {row.kind}")
    if row.ordered_by == person.id:
        raise OwnRequest("somebody else says whether it is as it should be")
    if not seen:
        raise WrongState(f"{person.id} has not opened {row.id}")
    custody_log.append(
        center,
        type="derivative.checked",
        evidence=row.id,
        person=person,
        purpose=row.purpose,
        body={"accepted": accepted},
        case=case,
    )
    with center.database.begin() as session:
        row = session.get_one(Derivative, derivative_id)
        row.accepted, row.checked_by, row.checked_at = accepted, person.id, now()
    return row
