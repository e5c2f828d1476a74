"""Exhibits of an interview: the pictures of its case that can be shown in the room, on the interviewer's
tablet, and the drawings made there. Shown are photographs, documents and stills, whichever the person may
open; never an intimate picture.

Neither the choice nor the report of a drawing opens anything. The tablet opens the picture through the
gateway, like any other page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from casework.access.permissions import Act
from casework.center import Center
from casework.database.models import Evidence, EvidenceState, Person, Photograph
from casework.errors import Disposed, Forbidden, Missing
from casework.evidence.sealed_items import DERIVATIVE, FILES, sealed
from casework.evidence.sealed_recordings import recording_of

PICTURE = "jpeg"
"""Format of the derivatives that are pictures."""


@dataclass(frozen=True)
class OfferedExhibit:
    """A picture that can be shown. `kind`: of the item; `number`: among those of its kind in the case."""

    evidence: str
    kind: str
    number: int


def offered(center: Center, person: Person, case_id: str) -> Sequence[OfferedExhibit]:
    """Return the pictures of a case that this person may open, by kind and number."""
    shown = (Evidence.kind.in_(FILES) & Photograph.shown) | (
        (Evidence.kind == DERIVATIVE) & (Photograph.format == PICTURE)
    )
    with center.database() as session:
        rows = session.scalars(
            select(Evidence)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(
                Evidence.case_id == case_id,
                Evidence.state == EvidenceState.COMPLETE,
                Photograph.intimate.is_(False),
                shown,
            )
            .order_by(Evidence.kind.desc(), Evidence.number)
        ).all()
        found = []
        for row in rows:
            try:
                sealed(session, person, Act.VIEW_EVIDENCE, row.id, kinds=(*FILES, DERIVATIVE))
            except (Forbidden, Missing, Disposed):
                continue
            found.append(OfferedExhibit(row.id, row.kind, row.number))
    return found


def chosen(center: Center, person: Person, case_id: str, evidence: str) -> dict[str, object]:
    """Return an offered picture as the recorder gets it, with the SHA-256 of its sealed manifest.

    Raises `Missing` for any other, and what reading its manifest raises.
    """
    for one in offered(center, person, case_id):
        if one.evidence == evidence:
            return _named(center, one)
    raise Missing(f"no picture {evidence[:32]} that can be shown")


def drawn(center: Center, person: Person, case_id: str, evidence: str) -> dict[str, object]:
    """Return a drawing as the recorder gets it: a document of the case that this person added.

    Raises `Missing` for any other, and what reading its manifest raises.
    """
    with center.database() as session:
        row = session.get(Evidence, evidence)
        added = None if row is None else session.get(Photograph, evidence)
    if row is None or (row.case_id, row.kind) != (case_id, "document") or not row.state.sealed:
        raise Missing(f"no document {evidence[:32]} of this case")
    if added is None or added.added_by != person.id:
        raise Missing(f"document {evidence[:32]} was not added by this person")
    return _named(center, OfferedExhibit(row.id, row.kind, row.number))


def _named(center: Center, picture: OfferedExhibit) -> dict[str, object]:
    return {**asdict(picture), "manifest": recording_of(center, picture.evidence).manifest.digest}
