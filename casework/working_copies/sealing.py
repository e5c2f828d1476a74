"""Sealing of a complete derivative: it becomes evidence, an item of its own like any other (`orders`).

In this order; after a crash at any line another attempt completes it:

1. The person who ordered it still has permission, and it is not cancelled; else it is discarded.
2. Its folder moves to where the copies take it.
3. `derivative.made` goes into the ledger; then it gets its rows.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from casework.access.permissions import Act, require_case, with_derivative
from casework.center import Center
from casework.database.models import Case, Derivative, DerivativeState, Person, Photograph
from casework.errors import Cancelled, CaseworkError
from casework.evidence.sealed_recordings import recording_of
from casework.files.pieces import plain_size
from casework.files.ticket import FileTicket
from casework.ledger import custody_log
from casework.photographs import photographs
from casework.photographs.file_evidence import SealedFile, reserved_number
from casework.sealing.staging import uploads_area
from casework.working_copies import orders
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.statements.types import DERIVATIVES, OF_PHOTOGRAPHS, SEALS


def require_permitted(
    center: Center, row: Derivative, also: Callable[[Session, Person], None] = lambda session, person: None
) -> Person:
    """Return who ordered it, if they may still have it made, its sources can still be opened, and nothing in
    them is excluded. `also`: further checks. Raises `Forbidden`, `Disposed`, `ExcludedWithin`."""
    with center.database() as session:
        person = session.get_one(Person, row.ordered_by)
        require_case(session, person, with_derivative(Act.MAKE_DERIVATIVE, row.kind), row.case_id)
        also(session, person)
    orders.require_sources(center, person, row.sources)
    return person


def complete(center: Center, row: Derivative, require: Callable[[Center, Derivative], object]) -> None:
    """Make evidence of a complete derivative; safe to repeat. Once its folder has moved, this is final.

    Before that, raises what `require` does if it is no longer permitted, and `Cancelled`; it is discarded
    then.
    """
    area = uploads_area(center.spool)
    if not area.moved(row.id):
        try:
            require(center, row)  # 1
            _require_not_cancelled(center, row)
        except CaseworkError:
            area.discard(row.id)
            raise
        area.move(row.id)  # 2
    _become_evidence(center, row)  # 3


def ticket(center: Center, row: Derivative) -> FileTicket:
    """Return the keys and ids under which it is sealed."""
    public = center.keyholder.public_keys()
    return FileTicket(center.deployment, row.case_id, row.id, public.vault, public.escrow, "derivative")


# --- inside -------------------------------------------------------------------------------------------------


def _require_not_cancelled(center: Center, row: Derivative) -> None:
    with center.database() as session:
        if session.get_one(Derivative, row.id).state is DerivativeState.CANCELLED:
            raise Cancelled(f"derivative {row.id} is not wanted any more")


def _become_evidence(center: Center, row: Derivative) -> None:
    sealed = SealedFile.in_spool(center, row.id)
    sources = [
        one | {"manifest": recording_of(center, one["evidence"]).manifest.digest} for one in row.sources
    ]
    with center.database() as session:
        person, case = session.get_one(Person, row.ordered_by), session.get_one(Case, row.case_id)
        of_photographs = row.kind in OF_PHOTOGRAPHS
        intimate = of_photographs and photographs.any_intimate(session, row.sources)
    number = reserved_number(center, Derivative, row.id)
    if custody_log.head(center, row.id) is None:
        custody_log.append(
            center,
            custody_log.Draft(
                type=SEALS["derivative"],
                evidence=row.id,
                person=person,
                purpose=row.purpose,
                body=sealed.body(center, DERIVATIVES[row.kind], number)
                | {"kind": row.kind, "sources": sources}
                | ({"intimate": intimate} if of_photographs else {}),
                case=case,
            ),
        )
    with center.database.begin() as session:
        sealed.row(center, session, number, row.ordered_at)
        session.add(
            Photograph(
                evidence_id=row.id,
                added_by=row.ordered_by,
                format=DERIVATIVES[row.kind],
                size=sum(plain_size(record) for record in sealed.records if record.track == ORIGINAL),
                intimate=intimate,
                shown=False,
            )
        )
        row_now = session.get_one(Derivative, row.id)
        row_now.state, row_now.sources, row_now.failure = DerivativeState.MADE, sources, None
