"""A court's receipt: it is stated in the chain of every item that the package contained.

A receipt names a package by its digest, as the `evidence.exported` of each item in it does: that is how the
items are found. The statement `custody.transferred` carries the whole receipt. So both sides have signed: the
court that it has the package and found it intact, the center that it recorded this.

Trusts: its caller to have compared the fingerprint of the court's key. This module knows no key's owner.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from casework.access.permissions import Act, require_case
from casework.database.models import Case, Evidence, Person, StatementIndex
from casework.errors import Missing, Refused
from casework.ledger import chains, custody_log
from chain_of_custody.errors import ChainConflict
from chain_of_custody.statements.court_receipt import verify_receipt
from chain_of_custody.statements.statement import Head, SignedStatement

if TYPE_CHECKING:
    from casework.center import Center


@dataclass(frozen=True)
class _Item:
    """An item of the package. `purpose`: of its export, which the receipt answers; `head`: of its chain."""

    evidence: str
    case: Case
    purpose: str
    head: Head


def record(center: Center, person: Person, receipt: Mapping[str, Any]) -> list[str]:
    """State the receipt for every item of the package it names; return the items' ids.

    Raises `Malformed`, `SignatureInvalid` (`chain_of_custody.errors`) for an invalid receipt; `Missing` if no
    such package was exported here; `Forbidden`; `Refused` if this court's receipt is stated already.
    """
    verify_receipt({"receipt": receipt})
    for attempt in range(custody_log.ATTEMPTS):
        items = _items(center, person, receipt)
        drafts = [
            custody_log.Draft(
                type="custody.transferred",
                evidence=item.evidence,
                person=person,
                purpose=item.purpose,
                body={"receipt": dict(receipt)},
                case=item.case,
            )
            for item in items
        ]
        try:
            custody_log.append_together(center, drafts, {item.evidence: item.head for item in items})
        except ChainConflict:
            if attempt == custody_log.ATTEMPTS - 1:
                raise
            continue
        return [item.evidence for item in items]
    raise AssertionError("unreachable")


def _items(center: Center, person: Person, receipt: Mapping[str, Any]) -> list[_Item]:
    exported = _exported(center, receipt["package"])
    if not exported:
        raise Missing("no package with this digest was exported from here")
    items = []
    with center.database() as session:
        for evidence, purpose in exported.items():
            part = session.get(Evidence, evidence)
            if part is None:
                raise Missing(f"no evidence {evidence}")
            case = require_case(session, person, Act.EXPORT_EVIDENCE, part.case_id)
            items.append((evidence, case, purpose))
    return [
        _Item(evidence, case, purpose, _head(center, evidence, receipt)) for evidence, case, purpose in items
    ]


def _exported(center: Center, package: str) -> dict[str, str]:
    """Return evidence id → purpose of each `evidence.exported` that names this package, from the ledger."""
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.type == "evidence.exported")
            .order_by(StatementIndex.position)
        ).all()
    packages = {}
    for leaf in center.ledger.entries(positions):
        statement = SignedStatement.parse(leaf).statement
        if statement.type == "evidence.exported" and statement.body["package"] == package:
            packages[statement.evidence] = statement.purpose
    return packages


def _head(center: Center, evidence: str, receipt: Mapping[str, Any]) -> Head:
    """Return the head of the item's chain. Raises `Refused` if it has the court's receipt for the package."""
    head = None
    for leaf in chains.chain(center, evidence).values():
        signed = SignedStatement.parse(leaf)
        head = signed.head
        if signed.statement.type != "custody.transferred":
            continue
        known = signed.statement.body["receipt"]
        if (known["package"], known["key"]) == (receipt["package"], receipt["key"]):
            raise Refused(
                f"this court's receipt for the package is in the ledger since {signed.statement.at}"
            )
    assert head is not None  # the export was found in it
    return head
