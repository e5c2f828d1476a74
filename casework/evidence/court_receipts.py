"""A court's receipt: it is stated in the chain of every item that the package contained.

A receipt names a package by its digest, as the `evidence.exported` of each item in it does: that is how the
items are found. The statement `custody.transferred` carries the whole receipt. So both sides have signed: the
court that it has the package and found it intact, the center that it recorded this.

Trusts: the fingerprint of the court's key, which the caller received through another channel than the
receipt. This module cannot know the owner of a key.

Specification: docs/spec/statement.md.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from casework.access.permissions import Act, require_case
from casework.database.models import Case, Evidence, Person, StatementIndex
from casework.errors import Missing, PackageUnknown, ReceiptInvalid, ReceiptKeyDiffers, ReceiptKnown
from casework.ledger import chains, custody_log
from chain_of_custody.acknowledge import is_fingerprint, read_receipt
from chain_of_custody.errors import ChainConflict, Malformed, NotProved
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


def record(
    center: Center, person: Person, receipt: Mapping[str, Any], *, case_id: str | None = None
) -> list[str]:
    """State a receipt whose key was compared for every item of the package it names; return the items' ids.

    `case_id`: the case that the package must be of, if one is expected.
    Raises `Malformed`, `SignatureInvalid` (`chain_of_custody.errors`) for an invalid receipt; `Missing` if no
    such package was exported here, or none of this case; `Forbidden`; `ReceiptKnown` if it is stated already.
    """
    verify_receipt({"receipt": receipt})
    for attempt in range(custody_log.ATTEMPTS):
        items = _items(center, person, receipt, case_id)
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


def read(data: bytes, key_fingerprint: str) -> Mapping[str, Any]:
    """Read a receipt from its file, signed by the key whose fingerprint the court gave through another
    channel.

    Raises `ReceiptInvalid`, `ReceiptKeyDiffers`.
    """
    try:
        receipt = read_receipt(data)
    except (Malformed, NotProved) as error:
        raise ReceiptInvalid(str(error)) from error
    if not is_fingerprint(key_fingerprint, base64.b64decode(receipt["key"])):
        raise ReceiptKeyDiffers("the receipt is signed by another key")
    return receipt


def _items(center: Center, person: Person, receipt: Mapping[str, Any], case_id: str | None) -> list[_Item]:
    exported = _exported(center, receipt["package"])
    if not exported:
        raise PackageUnknown("no package with this digest was exported from here")
    items = []
    with center.database() as session:
        for evidence, purpose in exported.items():
            part = session.get(Evidence, evidence)
            if part is None:
                raise Missing(f"no evidence {evidence}")
            if case_id not in (None, part.case_id):
                raise PackageUnknown("the package with this digest is of another case")
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
    """Return the head of the item's chain. Raises `ReceiptKnown` if it has this court's receipt."""
    head = None
    for leaf in chains.chain(center, evidence).values():
        signed = SignedStatement.parse(leaf)
        head = signed.head
        if signed.statement.type != "custody.transferred":
            continue
        known = signed.statement.body["receipt"]
        if (known["package"], known["key"]) == (receipt["package"], receipt["key"]):
            raise ReceiptKnown(
                f"this court's receipt for the package is in the ledger since {signed.statement.at}"
            )
    assert head is not None  # the export was found in it
    return head
