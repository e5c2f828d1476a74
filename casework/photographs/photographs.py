"""Photographs and documents of a case: what there is, looking at small pictures of them, opening one.

The part of the one door that leads to files. The same three steps, in the same order as in `evidence`:
permission, statement durable in the ledger, keys of single messages. (Adding them: `uploads`.)

Small pictures of a whole case are opened together: that is one statement in the case's own chain, which
counts for all that were sealed before it, and holds for as long as a viewing does. What was before is told by
places in the ledger, not by clocks: those of two machines differ, and a row comes after its statement.
Opening one, larger or as it came, is a statement in that one's chain each time; those whom single ones were
granted to open these, and see no list of the others and no small pictures. What is intimate is in no list,
granted to nobody, and opened by nobody alone (`intimate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act, may, require_case
from casework.clock import now
from casework.database import models
from casework.database.models import Case, Evidence, EvidenceState, Grant, Person, Photograph, StatementIndex
from casework.errors import Missing, Refused, WrongState
from casework.evidence import viewing_sessions
from casework.evidence.decryption import message_keys
from casework.evidence.sealed_items import FILES, sealed
from casework.evidence.sealed_recordings import recording_of
from casework.ledger import custody_log
from chain_of_custody.items.file_manifest import SMALL
from chain_of_custody.items.record import Record
from chain_of_custody.statements.types import FILES_SEALED

if TYPE_CHECKING:
    from casework.center import Center

MAX_TOGETHER = 32
"""Small pictures in one request."""


@dataclass(frozen=True)
class Listed:
    """A photograph or document as a list shows it: no picture, no name of a file."""

    id: str
    kind: str
    number: int
    format: str
    size: int
    shown: bool
    added_at: datetime
    exam: str | None
    view: str | None
    injury: int | None


@dataclass(frozen=True)
class Small:
    """A small picture: its sealed message, what that is held against, and the key that opens it alone."""

    id: str
    record: Record
    message: bytes
    key: bytes


def listed(center: Center, person: Person, case_id: str) -> list[Listed]:
    """What is in a case and not intimate, in order. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        rows = session.execute(
            select(Evidence, Photograph)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(
                Evidence.case_id == case_id,
                Evidence.kind != "derivative",
                Evidence.state == EvidenceState.COMPLETE,
                Photograph.intimate.is_(False),
            )
            .order_by(Evidence.kind.desc(), Evidence.number)
        ).all()
    return [_listed(row, photograph) for row, photograph in rows]


def exportable(center: Center, person: Person, case_id: str) -> list[Listed]:
    """What of a case this person may put into a package, in order: never an intimate picture.

    Raises `Forbidden`, `Missing`. For pages: the door asks for itself.
    """
    with center.database() as session:
        require_case(session, person, Act.EXPORT_EVIDENCE, case_id)
    if may(person, Act.SEE_PHOTOGRAPHS):
        return listed(center, person, case_id)
    return _granted(center, person, case_id, copy=True)


def reached(center: Center, person: Person, case_id: str) -> list[Listed]:
    """What of a case was granted to this person by name, and may be opened now. For pages."""
    return _granted(center, person, case_id) if may(person, Act.OPEN_PHOTOGRAPH) else []


def copied(center: Center, person: Person, case_id: str) -> bool:
    """Whether a page should offer a package of what was granted."""
    return bool(_granted(center, person, case_id, copy=True))


def counted_intimate(center: Center, person: Person, case_id: str) -> int:
    """How many are in the case and in no list. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        return session.scalar(_count(case_id, intimate=True)) or 0


def look(center: Center, person: Person, case_id: str) -> str:
    """Look at the small pictures of a case; the id of a viewing. Stated once for as long as one lasts.

    Raises `Forbidden`, `Missing`, `VaultLocked`, `WrongState` for a case without any.
    """
    with center.database() as session:  # 1. Permission
        case = require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        stated = _stated(session, person, case_id)
        count = session.scalar(_count(case_id, intimate=False)) or 0
    if stated is not None:
        return stated
    if not count:
        raise WrongState("there is no photograph in this case")
    viewing_sessions.require_unlocked(center)
    position = custody_log.append(  # 2. Statement
        center,
        type="photographs.viewed",
        evidence=case_id,
        person=person,
        purpose="examination",
        body={"count": count},
        case=case,
    ).index
    return viewing_sessions.keep(center, person, "examination", position, case_id=case_id).id


def small(center: Center, person: Person, viewing_id: str, wanted: Sequence[str]) -> list[Small]:
    """Small pictures, with the keys of just these messages; those that cannot be shown are left out.

    Raises `Forbidden`, `Missing`, `Refused` for too many, `VaultLocked`, `NothingReadable`.
    """
    if len(wanted) > MAX_TOGETHER:
        raise Refused(f"more than {MAX_TOGETHER} pictures at once")
    with center.database() as session:
        viewing = viewing_sessions.mine(session, person, viewing_id)
        if viewing.case_id is None or viewing.position is None:
            raise Missing(f"no viewing {viewing_id[:32]}")
        case = require_case(session, person, Act.SEE_PHOTOGRAPHS, viewing.case_id)  # 1, again
        rows = session.execute(
            select(Evidence.id, StatementIndex.position)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .join(StatementIndex, StatementIndex.chain == Evidence.id)
            .where(
                StatementIndex.type.in_(FILES_SEALED),
                Evidence.id.in_(set(wanted)),
                Evidence.case_id == case.id,
                Evidence.state == EvidenceState.COMPLETE,
                Photograph.intimate.is_(False),
                Photograph.shown.is_(True),
            )
        ).all()
    if any(position > viewing.position for _, position in rows):
        look(center, person, case.id)  # one that came since: looking at it is stated too
    found = (_small(center, evidence) for evidence, _ in rows)
    return [one for one in found if one is not None]


def introduced(center: Center, person: Person, evidence_id: str) -> tuple[Listed, Case]:
    """One as its page introduces it, before anybody has opened it. Raises as
    `gateway.view` for who may not."""
    with center.database() as session:
        row, case, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=FILES)
        return _listed(row, session.get_one(Photograph, row.id)), case


def named(center: Center, grant: Grant) -> list[Listed]:
    """The photographs and documents that a grant names, for whoever has just been let through to it."""
    with center.database() as session:
        return _named(session, grant.case_id, [grant])


def saves(center: Center, person: Person, evidence_id: str) -> bool:
    """Whether a page should offer the original: who may look and not copy gets only what cannot be shown."""
    with center.database() as session:
        row, _, grant = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=FILES)
        shown = session.get_one(Photograph, row.id).shown
    return not (grants_in_force.looks_only(grant) and shown)


def any_intimate(session: Session, sources: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of these is an intimate one: then what is made of them is, too."""
    return any(session.get_one(Photograph, source["evidence"]).intimate for source in sources)


# --- inside -------------------------------------------------------------------------------------------------


def _granted(center: Center, person: Person, case_id: str, *, copy: bool = False) -> list[Listed]:
    """Photographs and documents named by the grants in force; for a `copy`, by those that let one be made."""
    with center.database() as session:
        return _named(session, case_id, grants_in_force.opening(session, person, case_id, copy=copy))


def _named(session: Session, case_id: str, grants: Sequence[Grant]) -> list[Listed]:
    rows = session.execute(
        select(Evidence, Photograph)
        .join(Photograph, Photograph.evidence_id == Evidence.id)
        .where(
            Evidence.id.in_({item["evidence"] for grant in grants for item in grant.items or ()}),
            Evidence.case_id == case_id,
            Evidence.kind != "derivative",
            Evidence.state == EvidenceState.COMPLETE,
            Photograph.intimate.is_(False),
        )
        .order_by(Evidence.kind.desc(), Evidence.number)
    ).all()
    return [_listed(row, photograph) for row, photograph in rows]


def _stated(session: Session, person: Person, case_id: str) -> str | None:
    """A viewing of this person's that still lasts, and was stated after every photograph of the case."""
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


def _small(center: Center, evidence: str) -> Small | None:
    recording = recording_of(center, evidence)
    index = next((record.index for record in recording.records if record.track == SMALL), None)
    if index is None:
        return None
    [key] = message_keys(center, recording, [index])
    return Small(evidence, recording.record(index), recording.message(index), key)


def _count(case_id: str, *, intimate: bool):  # type: ignore[no-untyped-def]  # a Select, which is written below
    """Of what is in no list, sheets (`sheets`) are a part; what is in one has lists of its own for each."""
    return (
        select(func.count())
        .select_from(Evidence)
        .join(Photograph, Photograph.evidence_id == Evidence.id)
        .where(
            Evidence.case_id == case_id,
            or_(Evidence.kind != "derivative", Photograph.intimate.is_(True)),
            Evidence.state == EvidenceState.COMPLETE,
            Photograph.intimate.is_(intimate),
        )
    )


def _listed(row: Evidence, photograph: Photograph) -> Listed:
    return Listed(
        id=row.id,
        kind=row.kind,
        number=row.number,
        format=photograph.format,
        size=photograph.size,
        shown=photograph.shown,
        added_at=row.sealed_at or row.opened_at,
        exam=photograph.exam_id,
        view=photograph.view,
        injury=photograph.injury,
    )
