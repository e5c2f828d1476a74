"""Common steps of every opening of evidence: check that the vault is unlocked, make `evidence.viewed`
durable, and store the viewing, which belongs to one person and lasts for hours.

Releases nothing: permission is checked before, keys and bytes follow after (`gateway`, `photographs`,
`orders`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from casework.clock import new_id, now
from casework.database.models import Case, Grant, Person, Viewing
from casework.errors import Forbidden, Missing, VaultLocked
from casework.ledger import custody_log
from vault.keyholders.openings import OPEN_FOR

if TYPE_CHECKING:
    from casework.center import Center


def require_unlocked(center: Center) -> None:
    """Check before the statement, which would otherwise record a false viewing. Raises `VaultLocked`."""
    if not center.keyholder.status().unlocked:
        raise VaultLocked("the vault key is locked")


def state(
    center: Center, person: Person, about: str, purpose: str, case: Case | None, grant: Grant | None = None
) -> int:
    """State `evidence.viewed`, in the chain of what is opened; return its position in the ledger.

    The keyholder requires that statement before it gives keys (`openings`)."""
    return custody_log.append(
        center,
        custody_log.Draft(
            type="evidence.viewed",
            evidence=about,
            person=person,
            purpose=purpose,
            body={} if grant is None else {"grant": grant.id},
            case=case,
        ),
    ).index


def keep(
    center: Center,
    person: Person,
    purpose: str,
    position: int | None,
    *,
    evidence_id: str | None = None,
    interview_id: str | None = None,
    case_id: str | None = None,
    grant: Grant | None = None,
) -> Viewing:
    """Store the viewing stated at `position`: of an item, a running interview or a case's small pictures."""
    moment = now()
    row = Viewing(
        id=new_id(),
        evidence_id=evidence_id,
        interview_id=interview_id,
        case_id=case_id,
        person_id=person.id,
        grant_id=None if grant is None else grant.id,
        purpose=purpose,
        at=moment,
        expires_at=moment + OPEN_FOR,
        position=position,
    )
    with center.database.begin() as session:
        session.add(row)
    return row


def mine(session: Session, person: Person, viewing_id: str) -> Viewing:
    """Return a viewing that is this person's and not expired. Raises `Forbidden`, `Missing`."""
    row = session.get(Viewing, viewing_id)
    if row is None or row.person_id != person.id:
        raise Missing(f"no viewing {viewing_id[:32]}")
    if row.expires_at <= now():
        raise Forbidden("this viewing is over; open it again")
    return row
