"""Check that the package is the one its last statements name: same digest, whole or as this excerpt.

Step 14 of `verify`. Removing, adding or replacing a file changes the digest. The center has signed the digest
and the ledger holds it.

Trusts: what the earlier steps have proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from chain_of_custody.errors import Altered, Incomplete, NotProved, located
from chain_of_custody.package.contents import CourtPackage
from chain_of_custody.verifier.chains import Chains, LedgerStatement
from chain_of_custody.verifier.recording_item import OpenedItem, Opening

_PACKAGE = "package"


def check_package(package: CourtPackage, chains: Chains, openings: Sequence[OpenedItem]) -> None:
    """Check that each item's chain ends in the export of exactly this package and this extent of the item."""
    last = {evidence: chain[-1] for evidence, chain in chains.items.items()}
    digest = package.package_digest(filed.position for filed in last.values())
    for filed in last.values():
        if filed.statement.type != "evidence.exported":
            raise Incomplete(_PACKAGE, "the chain does not end in the export of this package", filed.where)
        if filed.statement.body["package"] != digest:
            raise Altered(_PACKAGE, "the package is not the one that was exported", filed.where)
    for opening in openings:
        _check_extent(opening, last[opening.item.evidence])
    for filed in last.values():
        _check_order(filed, chains)


def _check_order(exported: LedgerStatement, chains: Chains) -> None:
    """Check that the export matches its order.

    A package may omit an order, like other statements about an interview. Then the order is not checked.
    """
    number, statement = exported.statement.body.get("order"), exported.statement
    item = {"evidence": statement.evidence, "excerpt": statement.body["excerpt"]}
    for one in (one for chain in chains.interviews.values() for one in chain):
        ordered = one.statement
        if number is None or ordered.type != "export.ordered" or ordered.body["order"] != number:
            continue
        theirs = (ordered.actor.id, ordered.purpose) == (statement.actor.id, statement.purpose)
        if not theirs or item not in ordered.body["items"]:
            raise NotProved(_PACKAGE, "it is not what was ordered", exported.where)


def _check_extent(opening: OpenedItem, exported: LedgerStatement) -> None:
    extent = exported.statement.body["excerpt"]
    if opening.excerpt is None or not isinstance(opening, Opening):
        if extent is not None:
            raise NotProved(_PACKAGE, "it was exported as an excerpt, and is here whole", exported.where)
        return
    if extent is None:
        raise NotProved(_PACKAGE, "it was exported whole, and here is an excerpt", exported.where)
    with located(exported.where):
        opening.excerpt.check_covers(extent["from"], extent["to"], opening.manifest)
