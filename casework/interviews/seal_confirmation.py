"""Seal confirmation by the person who stopped the recording: `seal.confirmed`, with their own signature.

The recorder seals at once, without any person or passkey. The confirmation follows, perhaps minutes later or
never, and delays nothing: a recording without it is sealed all the same, and pages show it as unconfirmed.
Without the person's own signature it would add nothing, so it is not accepted.

That this person stopped the recording is their own claim; only their permission to record in this case is
checked.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require, require_case
from casework.center import Center
from casework.database.models import Case, Evidence, EvidenceState, Person, StatementIndex
from casework.errors import Missing, PasskeyMissing, WrongState
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.people import credentials
from chain_of_custody.statements.statement import Statement

PURPOSE = "confirmation"


def confirm(center: Center, person: Person, evidence_id: str, *, state: State) -> None:
    """State that this person stopped and sealed this part.

    Raises `Forbidden`, `Missing`, `WrongState` for a part that was not stopped by a person or is confirmed
    already, `PasskeyMissing`, and as `state`.
    """
    part, case = _confirmable(center, person, evidence_id)  # 1. Permission
    if not credentials.of_person(center, person.id):
        raise PasskeyMissing(f"{person.id} has no passkey to confirm with")
    state(  # 2. Statement
        center,
        custody_log.Draft(
            type="seal.confirmed",
            evidence=evidence_id,
            person=person,
            purpose=PURPOSE,
            body={"manifest": part.manifest_digest},
            case=case,
        ),
    )


def case_of(center: Center, person: Person, evidence_id: str) -> str:
    """Return the case of the recording. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _part(session, person, evidence_id)[1].id


def confirmed(center: Center, items: Collection[str]) -> set[str]:
    """Return those of these items whose seal a person confirmed with their own key."""
    return set(
        center.database.scalars(
            select(StatementIndex.chain).where(
                StatementIndex.chain.in_(items),
                StatementIndex.type == "seal.confirmed",
                StatementIndex.credential.is_not(None),
            )
        )
    )


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still confirm what they have signed. Raises as `confirm`."""
    _confirmable(center, person, statement.evidence)


def _part(session: Session, person: Person, evidence_id: str) -> tuple[Evidence, Case]:
    require(person, Act.CONDUCT_INTERVIEW)
    part = session.get(Evidence, evidence_id)
    if part is None or part.interview_id is None:
        raise Missing(f"no recording {evidence_id[:32]}")
    return part, require_case(session, person, Act.CONDUCT_INTERVIEW, part.case_id)


def _confirmable(center: Center, person: Person, evidence_id: str) -> tuple[Evidence, Case]:
    with center.database() as session:
        part, case = _part(session, person, evidence_id)
    if part.state is not EvidenceState.COMPLETE or part.manifest_digest is None or part.beside is not None:
        raise WrongState(f"evidence {evidence_id} is {part.state}: no person stopped and sealed it")
    if confirmed(center, [evidence_id]):
        raise WrongState(f"the seal of {evidence_id} is confirmed already")
    return part, case
