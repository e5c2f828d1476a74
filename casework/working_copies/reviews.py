"""Reviews: a second person accepts or rejects a derivative.

A program cannot check whether a redacted film omits what must not be shown, or whether a transcript matches
the spoken words. So a person who neither ordered it nor worked on what it was made from opens it and states
whether they accept it (`derivative.checked`, signed by them where they can). The newest review counts. Until
a derivative is accepted it goes into no package and is opened under no grant (`release`).
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act
from casework.center import Center
from casework.database.models import Case, Derivative, Person, Viewing
from casework.errors import NotOpened, OwnRequest, Refused
from casework.evidence.sealed_items import DERIVATIVE, sealed
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.types import RELEASED


def check(
    center: Center,
    person: Person,
    derivative_id: str,
    *,
    accepted: bool,
    state: State = custody_log.append,
) -> Derivative:
    """State that this person has viewed it, and whether they accept it, for the purpose it was made for.

    Raises `Forbidden`, `Missing`, `Disposed`, `Refused`, `OwnRequest` for the person who ordered it or worked
    on it, `NotOpened` for a person who has not opened it, and as `state`.
    """
    with center.database() as session:  # 1. Permission
        row, case = _checkable(session, person, derivative_id)
    state(  # 2. Statement
        center,
        custody_log.Draft(
            type="derivative.checked",
            evidence=row.id,
            person=person,
            purpose=row.purpose,
            body={"accepted": accepted},
            case=case,
        ),
    )
    return center.database.get_one(Derivative, derivative_id)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still state what they have signed. Raises as `check`."""
    with center.database() as session:
        _checkable(session, person, statement.evidence)


def _checkable(session: Session, person: Person, derivative_id: str) -> tuple[Derivative, Case]:
    _, case, _ = sealed(session, person, Act.CHECK_DERIVATIVE, derivative_id, kinds=(DERIVATIVE,))
    row = session.get_one(Derivative, derivative_id)
    if row.kind not in RELEASED:
        raise Refused(f"nobody needs to check a {row.kind}")
    if person.id in (row.ordered_by, *(row.authors or ())):
        raise OwnRequest("somebody else says whether it is as it should be")
    opened = exists().where(Viewing.evidence_id == row.id, Viewing.person_id == person.id)
    if not session.scalar(select(opened)):
        raise NotOpened(f"{person.id} has not opened {row.id}")
    return row, case
