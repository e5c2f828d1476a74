"""Sharing of a case: grants with the number of their uses, and packages with the courts' receipts.

Grants are the working rows; packages are read from the ledger, each statement with its signature verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from casework.access.permissions import Act
from casework.cases import cases
from casework.center import Center
from casework.database.models import PackageDownload, Person, StatementIndex, Viewing
from casework.grants import grants
from casework.grants.grants import ListedGrant
from casework.ledger import custody_log
from casework.ledger.reasons import reasons_at
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement, Statement

_TYPES = ("export.ordered", "evidence.exported", "custody.transferred")


@dataclass(frozen=True)
class SharedGrant:
    """A grant, and the number of openings under it."""

    listed: ListedGrant
    openings: int
    last_opened: datetime | None

    @property
    def at(self) -> datetime:
        """When it was given."""
        return self.listed.grant.given_at


@dataclass(frozen=True)
class Receipt:
    """A court's acknowledgement that it received a package."""

    organisation: str
    at: datetime
    """When it was entered in the ledger."""


@dataclass(frozen=True)
class SharedPackage:
    """A package that was ordered, or made by command, and its state."""

    order: str | None
    """None: it was made by command, at the center's own machine."""
    about: str
    """Id of the interview; of the case for photographs and documents alone; of the item without an order."""
    by: str
    """Id of the person who ordered it."""
    at: datetime
    purpose: str
    receiver: str | None
    """The addressee of the order; None if none was named, or the vault is locked."""
    items: int
    excluded: bool
    """Whether it includes what a court has excluded."""
    downloaded: datetime | None
    """When its download was first begun, by the person who ordered it."""
    digests: tuple[str, ...]
    """Of each package that was made for the order: several if it was made again."""
    receipts: tuple[Receipt, ...]


def of_case(center: Center, by: Person, case_id: str) -> list[SharedGrant | SharedPackage]:
    """Return the grants and packages of a case, newest first. Raises `Forbidden`, `Missing`."""
    listed = grants.of_case(center, by, case_id)
    with center.database() as session:
        used = session.execute(
            select(Viewing.grant_id, func.count(), func.max(Viewing.at))
            .where(Viewing.grant_id.in_([one.grant.id for one in listed]))
            .group_by(Viewing.grant_id)
        )
        openings = {grant: (number, last) for grant, number, last in used}
    found: list[SharedGrant | SharedPackage] = [
        SharedGrant(one, *openings.get(one.grant.id, (0, None))) for one in listed
    ]
    return sorted([*found, *_packages(center, by, case_id)], key=lambda one: one.at, reverse=True)


def _packages(center: Center, by: Person, case_id: str) -> list[SharedPackage]:
    case = cases.get(center, by, case_id, Act.EXPORT_EVIDENCE)
    orders: dict[str, Statement] = {}
    receivers: dict[str, str] = {}  # by order
    stated = _statements(center, case.id)
    ordered = [position for position, one in stated.items() if one.type == "export.ordered"]
    for position, details in reasons_at(center, case, ordered).items():
        if "receiver" in details:
            receivers[stated[position].body["order"]] = details["receiver"]
    made: dict[str, list[Statement]] = {}  # by order; by digest where it was made by command, without one
    receipts: dict[str, dict[str, Receipt]] = {}  # by digest of the package, then by key of the court
    for one in stated.values():
        match one.type:
            case "export.ordered":
                orders[one.body["order"]] = one
            case "evidence.exported":
                made.setdefault(one.body.get("order") or one.body["package"], []).append(one)
            case "custody.transferred":
                receipt = one.body["receipt"]
                acknowledged = Receipt(receipt["organisation"], moment(one.at))
                receipts.setdefault(receipt["package"], {}).setdefault(receipt["key"], acknowledged)
    with center.database() as session:
        saved = session.scalars(select(PackageDownload).where(PackageDownload.order_id.in_(orders)))
        downloads = {one.order_id: one.at for one in saved}
    return [
        _package(orders.get(key), made.get(key, []), receivers.get(key), downloads.get(key), receipts)
        for key in dict.fromkeys((*orders, *made))
    ]


def _package(
    order: Statement | None,
    made: Sequence[Statement],
    receiver: str | None,
    downloaded: datetime | None,
    receipts: Mapping[str, Mapping[str, Receipt]],
) -> SharedPackage:
    first = order or made[0]
    digests = tuple(dict.fromkeys(one.body["package"] for one in made))
    return SharedPackage(
        order=None if order is None else order.body["order"],
        about=first.evidence,
        by=first.actor.id,
        at=moment(first.at),
        purpose=first.purpose,
        receiver=receiver,
        downloaded=downloaded,
        items=len({one.evidence for one in made} if order is None else order.body["items"]),
        excluded=order is not None and bool(order.body.get("excluded")),
        digests=digests,
        receipts=tuple(one for digest in digests for one in receipts.get(digest, {}).values()),
    )


def _statements(center: Center, case_id: str) -> dict[int, Statement]:
    """Return the statements about packages of a case, by position, each verified."""
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.case_id == case_id, StatementIndex.type.in_(_TYPES))
            .order_by(StatementIndex.position)
        ).all()
    known, stated = custody_log.keys(center), {}
    for position, leaf in zip(positions, center.ledger.entries(positions), strict=True):
        signed = SignedStatement.parse(leaf)
        signed.verify(known, position)
        stated[position] = signed.statement
    return stated
