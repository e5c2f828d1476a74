"""The list of acts signed in a person's name, shown to that person.

A hostile page can make a person sign another act than it shows, or present an act as a sign-in. It cannot do
so without a statement in the ledger that carries their signature. So every such statement, of any type, is
shown to them until they confirm that they have seen it.

Trusts: the index for the positions of these statements (a rebuild makes it again); their content and
signatures are read from the ledger and verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.database.models import Case, Credential, Person, StatementIndex
from casework.ledger import custody_log
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement

if TYPE_CHECKING:
    from casework.center import Center

MOST = 500
"""Acts that one page lists, the newest first."""


@dataclass(frozen=True)
class SignedAct:
    """An act signed with a person's passkey."""

    position: int
    type: str
    at: datetime
    case: Case | None
    key: str
    """Key id of the passkey."""
    made_at: datetime | None
    """When that passkey was added; None where only the ledger still has it."""
    seen: bool


def of_person(center: Center, person: Person, *, unseen: bool = False, most: int = MOST) -> list[SignedAct]:
    """Return what this person's passkeys signed, newest first; with `unseen`, only what they have not seen.

    Raises `SignatureInvalid` (`chain_of_custody.errors`) for an invalid signature.
    """
    with center.database() as session:
        seen = session.scalar(select(Person.signed_seen).where(Person.id == person.id))
        seen = -1 if seen is None else seen
        rows = session.execute(
            select(StatementIndex.position, StatementIndex.credential)
            .where(
                StatementIndex.actor == person.id,
                StatementIndex.credential.is_not(None),
                StatementIndex.position > (seen if unseen else -1),
            )
            .order_by(StatementIndex.position.desc())
            .limit(most)
        ).all()
        return [_signed_act(center, session, position, key, position <= seen) for position, key in rows]


def see(center: Center, person: Person, position: int) -> None:
    """Record that this person has seen everything up to this position of the ledger."""
    with center.database.begin() as session:
        session.execute(
            update(Person)
            .where(
                Person.id == person.id,
                (Person.signed_seen.is_(None)) | (Person.signed_seen < position),
            )
            .values(signed_seen=min(position, center.ledger.size - 1))
        )


def _signed_act(center: Center, session: Session, position: int, key: str | None, seen: bool) -> SignedAct:
    signed = SignedStatement.parse(center.ledger.entry(position))
    signed.verify(custody_log.keys(center), position)
    statement = signed.statement
    credential = session.get(Credential, key)
    return SignedAct(
        position=position,
        type=statement.type,
        at=moment(statement.at),
        case=None if statement.case is None else session.get(Case, statement.case),
        key=key or "",
        made_at=None if credential is None else credential.added_at,
        seen=seen,
    )
