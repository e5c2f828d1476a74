"""Orders for court packages: a person decides to export testimony, and signs for it.

The center makes a package minutes later, in the background, when the person cannot sign for it. So they sign
the order: `export.ordered` in the interview's chain, or in the case's chain if only photographs and documents
are exported. It names the items, their excerpts and the purpose. The package follows from that statement
alone, on any machine, and its `evidence.exported` names the order. The number of the case, and whom the
package is for, are in the order's sealed details; a person who exports under a grant names no receiver.

An order is for one package. If the package failed, or its machine was restarted, it may be made again within
a day. `state`: the function that states the order, as in `legal_holds`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from casework.clock import new_id, now
from casework.database.models import PackageDownload, Person, StatementIndex
from casework.errors import ExcludedWithin, Missing, Refused, WrongState
from casework.evidence import gateway
from casework.evidence.gateway import ItemExtent
from casework.ledger import custody_log
from casework.ledger.reasons import MAX_REFERENCE
from casework.short_text import identifying
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.statements.types import MAX_ITEMS

if TYPE_CHECKING:
    from casework.center import Center
    from casework.evidence.export import Leaving
    from casework.ledger.custody_log import State
    from chain_of_custody.statements.statement import Statement

GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True)
class PlacedOrder:
    """An order as the ledger contains it."""

    id: str
    items: Sequence[ItemExtent]
    purpose: str
    viewing: bool
    """Whether the package includes a viewing copy."""
    excluded: bool = False
    """Whether the package includes what a court has excluded."""


def place(
    center: Center,
    person: Person,
    extents: Sequence[ItemExtent],
    purpose: str,
    viewing: bool,
    *,
    order: str | None = None,
    receiver: str = "",
    excluded: bool = False,
    state: State = custody_log.append,
) -> str:
    """Order a package; return its id, `order` or a new one.

    `receiver`: the addressee, at most 200 characters. `excluded`: as `gateway.exportable` takes it; the order
    contains it only where something excluded would be exported. Raises as `gateway.export`, and as `state`.
    """
    if len(extents) > MAX_ITEMS:
        raise Refused(f"an order is for {MAX_ITEMS} items at most")
    items, excluded = _leaving(center, person, extents, purpose, excluded)  # 1. Permission
    interviews = {one.part.interview_id for one in items if not one.is_file}
    if len(interviews) > 1:
        raise Refused("an order is for items of one interview")
    about = next(iter(interviews), None) or items[0].case.id
    number = order or new_id()
    receiver = identifying(receiver, MAX_REFERENCE, "a receiver")
    body = {"items": [one.to_json() for one in extents], "order": number, "viewing": viewing}
    state(  # 2. Statement; 3. is the package itself
        center,
        custody_log.Draft(
            type="export.ordered",
            evidence=about,
            person=person,
            purpose=purpose,
            body=body | {"excluded": True} if excluded else body,
            case=items[0].case,
            details={"case": items[0].case.code} | ({"receiver": receiver} if receiver else {}),
        ),
    )
    return number


def get(center: Center, person: Person, order: str) -> PlacedOrder:
    """Return an order of this person's whose package may be made now.

    Raises `Missing`, also where its package was made and is no longer available, and `WrongState` for one
    that is older than a day.
    """
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.type == "export.ordered", StatementIndex.actor == person.id)
            .order_by(StatementIndex.position.desc())
        ).all()
    for position in positions:
        signed = SignedStatement.parse(center.ledger.entry(position))
        if signed.statement.body["order"] == order:
            signed.verify(custody_log.keys(center), position)
            return _fresh(center, signed.statement)
    raise Missing(f"no order {order[:32]}")


def note_download(center: Center, order: str) -> None:
    """Note that a download of this order's package begins; the first time counts."""
    with contextlib.suppress(IntegrityError), center.database.begin() as session:  # there was one already
        session.add(PackageDownload(order_id=order, at=now()))


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still order what they have signed. Raises as `gateway.export`."""
    placed = _placed(statement)
    gateway.exportable(center, person, placed.items, placed.purpose, excluded=placed.excluded)


def _leaving(
    center: Center, person: Person, extents: Sequence[ItemExtent], purpose: str, excluded: bool
) -> tuple[list[Leaving], bool]:
    """Return the items, and whether anything that a court has excluded would be exported with them."""
    try:
        return gateway.exportable(center, person, extents, purpose), False
    except ExcludedWithin:
        if not excluded:
            raise
    return gateway.exportable(center, person, extents, purpose, excluded=True), True


def _fresh(center: Center, statement: Statement) -> PlacedOrder:
    placed = _placed(statement)
    if moment(statement.at) + GOOD_FOR < now():
        raise WrongState(f"order {placed.id} is over: place another one")
    first = placed.items[0].evidence
    with center.database() as session:
        made = session.scalars(
            select(StatementIndex.position).where(
                StatementIndex.chain == first, StatementIndex.type == "evidence.exported"
            )
        ).all()
    for leaf in center.ledger.entries(made):
        exported = SignedStatement.parse(leaf).statement
        if exported.body.get("order") == placed.id:
            raise Missing(f"the package of order {placed.id} was made, and is kept no longer")
    return placed


def _placed(statement: Statement) -> PlacedOrder:
    body = statement.body
    items = [ItemExtent.stated(one) for one in body["items"]]
    return PlacedOrder(body["order"], items, statement.purpose, body["viewing"], body.get("excluded", False))
