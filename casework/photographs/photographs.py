"""Photographs and documents of a case: what there is, and to whom which are shown.

Small pictures of a whole case are opened together (`small_pictures`). Opening one, larger or as it came, is a
statement in that one's chain each time (`gateway.view`); those whom single ones were granted to open these,
and see no list of the others and no small pictures. What is intimate is in no list, granted to nobody, and
opened by nobody alone (`intimate_approvals`). Adding them: `uploads`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act, may, require_case
from casework.database.models import Case, Evidence, EvidenceState, Grant, Person, Photograph
from casework.evidence import small_pictures
from casework.evidence.sealed_items import FILES, sealed

if TYPE_CHECKING:
    from casework.center import Center


@dataclass(frozen=True)
class ListedPhotograph:
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


def listed(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
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


def exportable(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """What of a case this person may put into a package, in order: never an intimate picture.

    Raises `Forbidden`, `Missing`. For pages: the gateway asks for itself.
    """
    with center.database() as session:
        require_case(session, person, Act.EXPORT_EVIDENCE, case_id)
    if may(person, Act.SEE_PHOTOGRAPHS):
        return listed(center, person, case_id)
    return _granted(center, person, case_id, copy=True)


def reached(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """What of a case was granted to this person by name, and may be opened now. For pages."""
    return _granted(center, person, case_id) if may(person, Act.OPEN_PHOTOGRAPH) else []


def copied(center: Center, person: Person, case_id: str) -> bool:
    """Whether a page should offer a package of what was granted."""
    return bool(_granted(center, person, case_id, copy=True))


def counted_intimate(center: Center, person: Person, case_id: str) -> int:
    """How many are in the case and in no list. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        return session.scalar(small_pictures.counted(case_id, intimate=True)) or 0


def introduced(center: Center, person: Person, evidence_id: str) -> tuple[ListedPhotograph, Case]:
    """One as its page introduces it, before anybody has opened it. Raises as
    `gateway.view` for who may not."""
    with center.database() as session:
        row, case, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=FILES)
        return _listed(row, session.get_one(Photograph, row.id)), case


def named(center: Center, grant: Grant) -> list[ListedPhotograph]:
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


def _granted(center: Center, person: Person, case_id: str, *, copy: bool = False) -> list[ListedPhotograph]:
    """Photographs and documents named by the grants in force; for a `copy`, by those that let one be made."""
    with center.database() as session:
        return _named(session, case_id, grants_in_force.opening(session, person, case_id, copy=copy))


def _named(session: Session, case_id: str, grants: Sequence[Grant]) -> list[ListedPhotograph]:
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


def _listed(row: Evidence, photograph: Photograph) -> ListedPhotograph:
    return ListedPhotograph(
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
