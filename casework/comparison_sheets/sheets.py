"""Comparison sheets of a case, photographs side by side at one scale: ordering them, and their list.

A sheet is a derivative (`orders`) of photographs, and needs the same permissions. With one intimate
photograph on it, the sheet is intimate: in no list, in no grant, in no package, opened by a named person once
a second person has approved (`intimate_approvals`), regardless of who made it. To order one, a person must be
allowed to open each photograph, an intimate one under an approval for the purpose of the sheet. This is
checked again when the sheet is made.

The list (`comparison`) may contain free text, so in the database it is sealed to the case's key, like the
details of statements; in the derivative it is part of the recipe.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes
from casework.access import intimate_access, police_consent
from casework.access.permissions import Act, may, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id
from casework.codes import PURPOSES
from casework.comparison_sheets import layout
from casework.comparison_sheets.comparison import ComparedPhotograph, Comparison
from casework.database.models import (
    Case,
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Person,
    Photograph,
)
from casework.errors import CaseworkError, Disposed, Missing, NothingReadable, Refused
from casework.evidence.sealed_items import DERIVATIVE, sealed
from casework.ledger import sealed_details
from casework.photographs import intimate_approvals, photographs
from casework.working_copies import orders
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.types import OF_PHOTOGRAPHS

SEALED = "sealed"
"""The only member of an order's edits: the list, sealed to the case's key, in base64."""
_FIELDS = ("crop", "evidence", "label", "mark", "taken")


@dataclass(frozen=True)
class Choice:
    """A photograph that may be put on a sheet. `purposes`: those for which it may be opened now."""

    id: str
    number: int
    intimate: bool
    purposes: Sequence[str]


@dataclass(frozen=True)
class SheetDetails:
    """The details for a sheet's page. `photographs`: exhibit numbers by evidence id; `failure`: a code for
    the reason of a failure; `because`: the number of the photograph that caused it."""

    photographs: Mapping[str, int]
    intimate: bool
    failure: str | None
    because: int | None


def sheet_details(center: Center, row: Derivative) -> SheetDetails:
    """Return the details of a sheet. The caller has checked the permission."""
    with center.database() as session:
        numbers = {one["evidence"]: session.get_one(Evidence, one["evidence"]).number for one in row.sources}
        code, _, one = (row.failure or "").partition(":")
        return SheetDetails(
            numbers, photographs.any_intimate(session, row.sources), code or None, numbers.get(one)
        )


def choices(center: Center, person: Person, case_id: str) -> list[Choice]:
    """The photographs that this person may compare: those that can be shown, and intimate ones whose opening
    a second person has approved. None if she refuses to give them to this person. Raises `Forbidden`,
    `Missing`."""
    cases.get(center, person, case_id, Act.COMPARE_PHOTOGRAPHS)
    if _refused(center, person, case_id):
        return []
    plain = [
        Choice(one.id, one.number, False, PURPOSES)
        for one in photographs.listed(center, person, case_id)
        if one.kind == "photograph" and one.shown
    ]
    covered = [
        Choice(one.id, one.number, True, intimate_approvals.agreed_to(center, person, one.id) or ())
        for one in intimate_approvals.listed(center, person, case_id)
        if one.kind == "photograph" and one.open_now and _shown(center, one.id)
    ]
    return sorted((*plain, *covered), key=lambda one: one.number)


def order(
    center: Center, person: Person, case_id: str, pictures: Sequence[Mapping[str, Any]], purpose: str
) -> Derivative:
    """Order a sheet. `pictures`: for each photograph, in order, `crop`, `evidence`, `label`, `mark` and
    `taken`, as in the list.

    Raises `Forbidden`, `Missing`, `GivingRefused`, `NeedsSecond`, `ConsentGone`, `Disposed`, `Refused`,
    `MarkRefused`, `SheetTooLarge`.
    """
    codes.require_one_of(purpose, PURPOSES, "purpose")
    with center.database() as session:
        case = require_case(session, person, Act.COMPARE_PHOTOGRAPHS, case_id)
        rows = [_photograph(session, person, str(one.get("evidence")), purpose) for one in pictures]
        if any(row.case_id != case.id for row in rows):
            raise Refused("photographs of different cases do not stand on one sheet")
        orders.require_few(session, person)
    comparison = Comparison.of([_compared(row, one) for row, one in zip(rows, pictures, strict=True)])
    comparison = layout.fitted(comparison)
    sheet = new_id()
    row = Derivative(
        id=sheet,
        case_id=case.id,
        interview_id=None,
        kind=Comparison.kind,
        purpose=purpose,
        sources=[orders.source_of(one.id, None) for one in rows],
        edits=_sealed(center, case, sheet, comparison),
    )
    return orders.wait(center, person, row)


def of_case(center: Center, person: Person, case_id: str) -> list[Derivative]:
    """The sheets of a case that are not intimate, and those that this person ordered and that are not made
    yet; newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        rows = session.scalars(
            select(Derivative)
            .where(
                Derivative.case_id == case_id,
                Derivative.kind.in_(OF_PHOTOGRAPHS),
                Derivative.state != DerivativeState.CANCELLED,
            )
            .order_by(Derivative.ordered_at.desc())
        ).all()
        return [row for row in rows if _listed(session, person, row)]


def exportable(center: Center, person: Person, case_id: str) -> list[Derivative]:
    """The sheets that this person may put into a package, never an intimate one. For pages: the gateway does
    its own check."""
    if not may(person, Act.SEE_PHOTOGRAPHS) or _refused(center, person, case_id):
        return []
    return [row for row in of_case(center, person, case_id) if row.state is DerivativeState.MADE]


def list_of(center: Center, row: Derivative) -> Comparison:
    """The list of an order. Raises `VaultLocked`, `NothingReadable`, `Refused`."""
    case = center.database.get_one(Case, row.case_id)
    opened = sealed_details.unsealed(center, case, [base64.b64decode((row.edits or {})[SEALED])])
    if opened is None:
        raise Refused("the details of the case are erased, and the list of the sheet with them")
    fields = canonical_json.parse_object(opened[0], "list of a sheet")
    if fields.pop("derivative", None) != row.id:  # guards against swapped rows
        raise NothingReadable(f"the list of sheet {row.id} is another one's")
    return Comparison.parse(fields)


def require_open(
    session: Session, person: Person, sources: Sequence[Mapping[str, Any]], purpose: str
) -> None:
    """Raise unless this person may open each of these photographs for that purpose now."""
    for source in sources:
        _photograph(session, person, source["evidence"], purpose)


# --- inside -------------------------------------------------------------------------------------------------


def _refused(center: Center, person: Person, case_id: str) -> bool:
    return police_consent.PHOTOGRAPHS in photographs.not_given(center, person, case_id)


def _shown(center: Center, evidence_id: str) -> bool:
    """Return whether it has a viewing copy, on which marks are set."""
    return center.database.get_one(Photograph, evidence_id).shown


def _photograph(session: Session, person: Person, evidence_id: str, purpose: str) -> Evidence:
    row = session.get(Evidence, evidence_id)
    if row is None or row.kind != "photograph":
        raise Missing(f"no photograph {evidence_id[:32]}")
    require_case(session, person, Act.COMPARE_PHOTOGRAPHS, row.case_id)
    require_case(session, person, Act.OPEN_PHOTOGRAPH, row.case_id)
    police_consent.require_item(session, person, row)
    if session.get_one(Photograph, row.id).intimate:
        intimate_access.require_agreed(session, person, row, purpose)
    if row.state is EvidenceState.DISPOSED:
        raise Disposed(f"the destruction of {row.id} was authorised; nothing opens it any more")
    return row


def _compared(row: Evidence, fields: Mapping[str, Any]) -> ComparedPhotograph:
    if sorted(fields) != sorted(_FIELDS):
        raise Refused(f"of a photograph not exactly {', '.join(_FIELDS)}")
    added = f"{row.sealed_at or row.opened_at:%Y-%m-%d}"
    return ComparedPhotograph.parse({**fields, "added": added, "number": row.number})


def _sealed(center: Center, case: Case, sheet: str, comparison: Comparison) -> dict[str, str]:
    plain = canonical_json.serialise({**comparison.to_json(), "derivative": sheet})
    return {SEALED: base64.b64encode(sealed_details.sealed_to(center, case, plain)).decode()}


def _listed(session: Session, person: Person, row: Derivative) -> bool:
    if row.state is not DerivativeState.MADE:
        return row.ordered_by == person.id or not photographs.any_intimate(session, row.sources)
    try:
        sealed(session, person, Act.VIEW_EVIDENCE, row.id, kinds=(DERIVATIVE,))
    except CaseworkError:
        return False
    return not session.get_one(Photograph, row.id).intimate
