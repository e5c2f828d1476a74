"""Photographs and documents of a case: their lists, and the permissions to see them.

The thumbnails of a whole case are opened together (`small_pictures`). Each opening of one file, enlarged or
as the original, is a statement in that file's chain (`gateway.view`). People with a grant for single files
open these, and see neither a list of the others nor thumbnails. An intimate picture is in no list, cannot be
granted, and cannot be opened by one person alone (`intimate_approvals`). Adding files: `uploads`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act, may, require_case
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Evidence, EvidenceState, Grant, Person, Photograph
from casework.evidence import small_pictures
from casework.evidence.sealed_items import ADDED, FILES, sealed


@dataclass(frozen=True)
class ListedPhotograph:
    """A photograph, document or received file as a list shows it: no picture, no file name."""

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
    source: str | None
    """Where a received file came from, a code; None for others."""


def listed(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """Return the files of a case that are not intimate, in order. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        return files(session, case_id, FILES)


def exportable(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """Return the files of a case that this person may export in a package, in order: never an intimate
    picture, and nothing that she refuses to give to them.

    Raises `Forbidden`, `Missing`. For pages only: the gateway checks permission itself.
    """
    cases.get(center, person, case_id, Act.EXPORT_EVIDENCE)
    if may(person, Act.SEE_PHOTOGRAPHS):
        closed = not_given(center, person, case_id)
        with center.database() as session:
            return [
                one
                for one in files(session, case_id, ADDED)
                if police_consent.subject_of_file(one.kind, one.format, one.exam) not in closed
            ]
    return _granted(center, person, case_id, copy=True)


def not_given(center: Center, person: Person, case_id: str) -> Sequence[str]:
    """Return the subjects of consent that are closed to this person, since she refuses to give them to the
    police and the prosecution (`police_consent`). For pages."""
    with center.database() as session:
        return police_consent.refused_to(
            session, person, case_id, police_consent.INFORMATION, police_consent.PHOTOGRAPHS
        )


def reached(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """Return the files of a case granted to this person by name, which may be opened now. For pages."""
    return _granted(center, person, case_id) if may(person, Act.OPEN_PHOTOGRAPH) else []


def copied(center: Center, person: Person, case_id: str) -> bool:
    """Return whether a page should offer a package of the granted files."""
    return bool(_granted(center, person, case_id, copy=True))


def counted_intimate(center: Center, person: Person, case_id: str) -> int:
    """Return the number of intimate pictures in the case. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        return session.scalar(small_pictures.counted(case_id, intimate=True)) or 0


def introduced(center: Center, person: Person, evidence_id: str) -> tuple[ListedPhotograph, Case]:
    """Return one file as its page introduces it, before it is opened.

    Raises as `gateway.view` without permission.
    """
    with center.database() as session:
        row, case, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=ADDED)
        return _listed(row, session.get_one(Photograph, row.id)), case


def named(center: Center, grant: Grant) -> list[ListedPhotograph]:
    """Return the photographs and documents that a grant names, for a person whose access to it was just
    checked."""
    with center.database() as session:
        return _named(session, grant.case_id, [grant])


def saves(center: Center, person: Person, evidence_id: str) -> bool:
    """Return whether a page should offer the original. View-only access includes it only if no preview
    exists."""
    with center.database() as session:
        row, _, grant = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=ADDED)
        shown = session.get_one(Photograph, row.id).shown
    return not (grants_in_force.looks_only(grant) and shown)


def any_intimate(session: Session, sources: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any of these is intimate; then anything derived from them is intimate, too."""
    return any(session.get_one(Photograph, source["evidence"]).intimate for source in sources)


def files(
    session: Session, case_id: str, kinds: Collection[str], *where: ColumnElement[bool]
) -> list[ListedPhotograph]:
    """Return the files of a case of these kinds that are not intimate, in order; only those of `where`.

    Checks no permission.
    """
    rows = session.execute(
        select(Evidence, Photograph)
        .join(Photograph, Photograph.evidence_id == Evidence.id)
        .where(
            Evidence.case_id == case_id,
            Evidence.kind.in_(kinds),
            Evidence.state == EvidenceState.COMPLETE,
            Photograph.intimate.is_(False),
            *where,
        )
        .order_by(Evidence.kind.desc(), Evidence.number)
    )
    return [_listed(row, photograph) for row, photograph in rows]


# --- inside -------------------------------------------------------------------------------------------------


def _granted(center: Center, person: Person, case_id: str, *, copy: bool = False) -> list[ListedPhotograph]:
    """Photographs and documents named by the grants in force; for a `copy`, by those that allow copies."""
    with center.database() as session:
        return _named(session, case_id, grants_in_force.opening(session, person, case_id, copy=copy))


def _named(session: Session, case_id: str, grants: Sequence[Grant]) -> list[ListedPhotograph]:
    named = {item["evidence"] for grant in grants for item in grant.items or ()}
    return files(session, case_id, ADDED, Evidence.id.in_(named))


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
        source=photograph.source,
    )
