"""Working copies under grants: which may be granted, and which a receiver may open. For pages: the gateway
(`gateway.view`, `gateway.exportable`) makes its own checks.

A grant of recordings does not include their copies. Each copy is granted by name, so that the defence can get
the film that does not show a child's face, without the recording that does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.access import grants_in_force, release
from casework.access.permissions import Act, require_case
from casework.center import Center
from casework.database.models import (
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Grant,
    Person,
    Photograph,
)


def grantable(center: Center, person: Person, case_id: str) -> list[Derivative]:
    """Return a case's working copies that may be granted, newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.GIVE_CASE, case_id)
        rows = session.scalars(_whole(case_id).order_by(Derivative.ordered_at.desc())).all()
    return [row for row in rows if release.may_leave(row)]


def reached(center: Center, person: Person, case_id: str, *, copy: bool = False) -> list[Derivative]:
    """Return those that this person's grants name now; for a `copy`, those that may be packaged."""
    with center.database() as session:
        return _named(session, case_id, grants_in_force.opening(session, person, case_id, copy=copy))


def named(center: Center, grant: Grant) -> list[Derivative]:
    """Return those that a grant names, for a person whose access to it was just checked."""
    with center.database() as session:
        return _named(session, grant.case_id, [grant])


def _named(session: Session, case_id: str, grants: Collection[Grant]) -> list[Derivative]:
    ids = {item["evidence"] for grant in grants for item in grant.items or ()}
    rows: Sequence[Derivative] = session.scalars(
        _whole(case_id).where(Derivative.id.in_(ids)).order_by(Derivative.ordered_at)
    ).all()
    return [row for row in rows if release.may_leave(row)]


def _whole(case_id: str) -> Select[Derivative]:
    return (
        select(Derivative)
        .join(Evidence, Evidence.id == Derivative.id)
        .join(Photograph, Photograph.evidence_id == Derivative.id)
        .where(
            Photograph.intimate.is_(False),
            Derivative.case_id == case_id,
            Derivative.state == DerivativeState.MADE,
            Evidence.state == EvidenceState.COMPLETE,
        )
    )
