"""Grave acts: those that their person signs with a passkey (`personal`), by the type of their statement.

Between the preparing of an act and its signature minutes may pass. Its chain says by itself if anything was
stated about the same meanwhile; what else decides is asked again (`check`). What an act changes follows from
its statement alone (`follow`), so that whichever machine takes the signature can do it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from casework import (
    access,
    cases,
    confirming,
    consent,
    derivative_checks,
    disposals,
    ends,
    export_orders,
    grants,
    holds,
    intimate,
    passages,
    retention,
)

if TYPE_CHECKING:
    from casework.center import Center
    from casework.models import Person
    from chain_of_custody.statements.statement import Statement

Check: TypeAlias = "Callable[[Center, Person, Statement], None]"
Follow: TypeAlias = "Callable[[Center, int], None]"


@dataclass(frozen=True)
class Grave:
    """One kind of grave act."""

    check: Check
    """Raises as the act itself if this person may not do it any more."""
    follow: Follow
    """Brings the rows up to the statement at this position, and sets going what comes of it."""


def _nothing(_: Center, __: int) -> None:
    """No row says it: whoever needs to know asks the ledger."""


GRAVE: Mapping[str, Grave] = {
    "hold.placed": Grave(holds.check_still, holds.follow),
    "hold.lifted": Grave(holds.check_still, holds.follow),
    "disposal.authorised": Grave(disposals.check_still, disposals.follow),
    "disposal.refused": Grave(disposals.check_still, disposals.follow),
    "case.given": Grave(cases.check_still, access.note),
    "case.withdrawn": Grave(cases.check_still, access.note),
    "grant.given": Grave(grants.check_still, access.note),
    "grant.withdrawn": Grave(grants.check_still, access.note),
    "copy.authorised": Grave(grants.check_still, access.note),
    "passage.excluded": Grave(passages.check_still, access.note),
    "passage.restored": Grave(passages.check_still, access.note),
    "export.ordered": Grave(export_orders.check_still, _nothing),
    "seal.confirmed": Grave(confirming.check_still, _nothing),
    "intimate.requested": Grave(intimate.check_still, access.note),
    "intimate.approved": Grave(intimate.check_still, access.note),
    "intimate.refused": Grave(intimate.check_still, access.note),
    "consent.recorded": Grave(consent.check_still, access.note),
    "consent.withdrawn": Grave(consent.check_still, access.note),
    "derivative.checked": Grave(derivative_checks.check_still, access.note),
    "retention.set": Grave(retention.check_still, ends.note),
}


def is_a_no(type_: str, body: Mapping[str, Any]) -> bool:
    """Whether an act says no for the person whom a case is about. It waits for nobody's key: what she takes
    back or refuses, and that something may not be released, is never harder to enter than what is given."""
    match type_:
        case "consent.withdrawn":
            return True
        case "consent.recorded":
            return bool(body["outcome"] == "refused")
        case "derivative.checked":
            return not body["accepted"]
    return False
