"""Small pictures of a whole case, opened together: one statement in the case's own chain.

It covers all photographs sealed before it, and lasts as long as a viewing does. Positions in the ledger, not
clocks, determine what was before: the clocks of two machines differ, and a row is written after its
statement. Intimate pictures are excluded. The keyholder requires both statements, and that order
(`openings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework.access import police_consent
from casework.access.permissions import Act, require_case
from casework.clock import now
from casework.database import models
from casework.database.models import Evidence, EvidenceState, Person, Photograph, StatementIndex
from casework.errors import Missing, Refused, WrongState
from casework.evidence import viewing_sessions
from casework.evidence.decryption import message_keys
from casework.evidence.openings import Stated
from casework.evidence.sealed_items import FILES
from casework.evidence.sealed_recordings import recording_of
from casework.ledger import custody_log
from chain_of_custody.items.file_manifest import SMALL
from chain_of_custody.items.record import Record
from chain_of_custody.statements.types import FILES_SEALED

if TYPE_CHECKING:
    from casework.center import Center

MAX_TOGETHER = 32
"""Maximum number of small pictures in one request."""


@dataclass(frozen=True)
class Small:
    """A small picture: its sealed message, what that is checked against, and the key that opens only it."""

    id: str
    record: Record
    message: bytes
    key: bytes


def look(center: Center, person: Person, case_id: str) -> str:
    """Open the small pictures of a case; return the id of a viewing. Stated once per viewing period.

    Raises `Forbidden`, `GivingRefused`, `Missing`, `VaultLocked`, `WrongState` for a case without any.
    """
    with center.database() as session:  # 1. Permission
        case = require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        police_consent.require(session, person, case.id, police_consent.PHOTOGRAPHS)
        stated = _stated(session, person, case_id)
        count = session.scalar(counted(case_id, intimate=False)) or 0
    if stated is not None:
        return stated
    if not count:
        raise WrongState("there is no photograph in this case")
    viewing_sessions.require_unlocked(center)
    position = custody_log.append(  # 2. Statement
        center,
        custody_log.Draft(
            type="photographs.viewed",
            evidence=case_id,
            person=person,
            purpose="examination",
            body={"count": count},
            case=case,
        ),
    ).index
    return viewing_sessions.keep(center, person, "examination", position, case_id=case_id).id


def small(center: Center, person: Person, viewing_id: str, ids: Sequence[str]) -> list[Small]:
    """Return small pictures, with the keys of only these messages; those that cannot be shown are left out.

    Raises `Forbidden`, `GivingRefused`, `Missing`, `Refused` for too many, `VaultLocked`, `NothingReadable`.
    """
    if len(ids) > MAX_TOGETHER:
        raise Refused(f"more than {MAX_TOGETHER} pictures at once")
    with center.database() as session:
        viewing = viewing_sessions.mine(session, person, viewing_id)
        if viewing.case_id is None or viewing.position is None:
            raise Missing(f"no viewing {viewing_id[:32]}")
        case = require_case(session, person, Act.SEE_PHOTOGRAPHS, viewing.case_id)  # 1, again
        police_consent.require(session, person, case.id, police_consent.PHOTOGRAPHS)
        rows = session.execute(
            select(Evidence.id, StatementIndex.position)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .join(StatementIndex, StatementIndex.chain == Evidence.id)
            .where(
                StatementIndex.type.in_(FILES_SEALED),
                Evidence.id.in_(set(ids)),
                Evidence.case_id == case.id,
                Evidence.state == EvidenceState.COMPLETE,
                Photograph.intimate.is_(False),
                Photograph.shown.is_(True),
            )
        ).all()
    viewed = viewing.position
    if any(position > viewed for _, position in rows):
        newer = look(center, person, case.id)  # opening the new one is stated too
        with center.database() as session:
            viewed = viewing_sessions.mine(session, person, newer).position or viewed
    found = (_small(center, evidence, (began, viewed)) for evidence, began in rows)
    return [one for one in found if one is not None]


def counted(case_id: str, *, intimate: bool):  # type: ignore[no-untyped-def]  # a Select, which is written below
    """Intimate items, which are in no list, include sheets (`sheets`); other kinds have separate lists."""
    return (
        select(func.count())
        .select_from(Evidence)
        .join(Photograph, Photograph.evidence_id == Evidence.id)
        .where(
            Evidence.case_id == case_id,
            or_(Evidence.kind.in_(FILES), Photograph.intimate.is_(True)),
            Evidence.state == EvidenceState.COMPLETE,
            Photograph.intimate.is_(intimate),
        )
    )


# --- inside -------------------------------------------------------------------------------------------------


def _stated(session: Session, person: Person, case_id: str) -> str | None:
    """Return this person's viewing that is in force and was stated after every photograph of the case."""
    newest = session.scalar(
        select(func.max(StatementIndex.position))
        .join(Evidence, Evidence.id == StatementIndex.chain)
        .where(
            Evidence.case_id == case_id,
            Evidence.kind != "derivative",
            StatementIndex.type.in_(FILES_SEALED),
        )
    )
    query = select(models.Viewing.id).where(
        models.Viewing.case_id == case_id,
        models.Viewing.person_id == person.id,
        models.Viewing.expires_at > now(),
    )
    return session.scalar(query if newest is None else query.where(models.Viewing.position > newest))


def _small(center: Center, evidence: str, stated: Stated) -> Small | None:
    recording = recording_of(center, evidence)
    index = next((record.index for record in recording.records if record.track == SMALL), None)
    if index is None:
        return None
    [key] = message_keys(center, recording, stated, [index])
    return Small(evidence, recording.record(index), recording.message(index), key)
