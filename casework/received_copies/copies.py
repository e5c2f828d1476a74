"""Copies of received files for viewing: ordering one, and those of a case.

A copy is a derivative (`orders`) of one received file, whole. Nothing is decoded because it was received: a
person who may open the file and make working copies orders the copy, for a purpose, and it is made in its
turn like every derivative (`compose`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access import release
from casework.access.permissions import Act, may, require, require_case
from casework.center import Center
from casework.clock import new_id
from casework.codes import PURPOSES
from casework.database.models import (
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Person,
    Photograph,
)
from casework.errors import NoCopyFits, WrongState
from casework.evidence.sealed_items import RECEIVED, sealed
from casework.photographs.photographs import ListedPhotograph
from casework.received_copies import kinds
from casework.working_copies import orders
from chain_of_custody.statements.types import OF_RECEIVED


def order(center: Center, person: Person, evidence_id: str, kind: str, purpose: str) -> Derivative:
    """Order a copy of a received file.

    Raises `Forbidden`, `Missing`, `Disposed`, `ExcludedWithin`, `Refused`, `NoCopyFits` for a kind that its
    format does not offer, `WrongState` if it has such a copy already, or one waits to be made.
    """
    require(person, Act.MAKE_DERIVATIVE)
    codes.require_one_of(purpose, PURPOSES, "purpose")
    with center.database() as session:
        file, facts = require_open(session, person, evidence_id, purpose)
        require_case(session, person, Act.MAKE_DERIVATIVE, file.case_id)
        if kind not in kinds.fitting(facts.format, facts.size):
            raise NoCopyFits(f"no {kind[:32]} is made of {facts.size} bytes of format {facts.format}")
        if any(row.kind == kind and row.state is not DerivativeState.FAILED for row in _of(session, file)):
            raise WrongState(f"file {file.id} has a {kind} already, or is waiting for one")
        orders.require_few(session, person)
    sources = [orders.source_of(file.id, None)]
    orders.require_sources(center, person, sources)
    row = Derivative(
        id=new_id(),
        case_id=file.case_id,
        interview_id=None,
        kind=kind,
        purpose=purpose,
        sources=sources,
        edits={},
    )
    return orders.wait(center, person, row)


def of_case(center: Center, person: Person, case_id: str) -> dict[str, list[Derivative]]:
    """Return the newest copy of each kind by the evidence id of its file; of a person who may not order any,
    only those that are made. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.VIEW_EVIDENCE, case_id)
        rows = _rows(session, case_id)
    copies: dict[str, dict[str, Derivative]] = {}
    for row in rows:
        if row.state is DerivativeState.MADE or may(person, Act.MAKE_DERIVATIVE):
            copies.setdefault(row.sources[0]["evidence"], {})[row.kind] = row
    return {evidence: list(of_file.values()) for evidence, of_file in copies.items()}


def numbers(center: Center, row: Derivative) -> Mapping[str, int]:
    """Return the number in its case of the file that a copy is made from, by its evidence id. The caller has
    checked the permission."""
    evidence = row.sources[0]["evidence"]
    return {evidence: center.database.get_one(Evidence, evidence).number}


def offered(file: ListedPhotograph, copies: Sequence[Derivative]) -> list[str]:
    """Return the kinds of copies that can be ordered of a received file which has these."""
    there = {row.kind for row in copies if row.state is not DerivativeState.FAILED}
    return [kind for kind in kinds.fitting(file.format, file.size) if kind not in there]


def exportable(center: Center, person: Person, case_id: str) -> list[Derivative]:
    """Return the copies that this person may put into a package. For pages: the gateway does its own
    check."""
    if not may(person, Act.MAKE_DERIVATIVE):
        return []
    copies = of_case(center, person, case_id)
    made = (row for of_file in copies.values() for row in of_file if row.state is DerivativeState.MADE)
    return [row for row in made if release.may_leave(row)]


def require_open(
    session: Session, person: Person, evidence_id: str, purpose: str
) -> tuple[Evidence, Photograph]:
    """Return a received file and its facts, if this person may open it for that purpose now. Raises as
    `sealed_items.sealed`."""
    file, _, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, purpose, kinds=(RECEIVED,))
    return file, session.get_one(Photograph, file.id)


def _of(session: Session, file: Evidence) -> list[Derivative]:
    return [row for row in _rows(session, file.case_id) if row.sources[0]["evidence"] == file.id]


def _rows(session: Session, case_id: str) -> Sequence[Derivative]:
    """Return the copies of a case's received files that are neither cancelled nor destroyed, oldest first."""
    destroyed = select(Evidence.id).where(
        Evidence.case_id == case_id, Evidence.state == EvidenceState.DISPOSED
    )
    return session.scalars(
        select(Derivative)
        .where(
            Derivative.case_id == case_id,
            Derivative.kind.in_(OF_RECEIVED),
            Derivative.state != DerivativeState.CANCELLED,
            Derivative.id.not_in(destroyed),
        )
        .order_by(Derivative.ordered_at)
    ).all()
