"""Signed acts: the acts that their person signs with a passkey (`pending_acts`), by type of statement.

Minutes may pass between preparing an act and its signature. The chain itself shows whether another statement
about the same item came meanwhile; `check` repeats all other checks. What an act changes follows from its
statement alone (`follow`), so the machine that takes the signature can apply it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from casework.cases import cases, consent
from casework.evidence import court_exclusions, export_orders
from casework.grants import grants
from casework.interviews import seal_confirmation
from casework.ledger import projection_access, projection_retention
from casework.photographs import intimate_approvals
from casework.retention import disposal_requests, legal_holds, schedules
from casework.working_copies import reviews

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Person
    from chain_of_custody.statements.statement import Statement

Check: TypeAlias = "Callable[[Center, Person, Statement], None]"
Follow: TypeAlias = "Callable[[Center, int], None]"


@dataclass(frozen=True)
class SignedAct:
    """One kind of signed act."""

    check: Check
    """Raises as the act itself if this person may no longer do it."""
    follow: Follow
    """Applies the statement at this position to the rows, and starts what follows from it."""


def _nothing(_: Center, __: int) -> None:
    """Do nothing: no row holds it; callers read the ledger."""


SIGNED_ACTS: Mapping[str, SignedAct] = {
    "hold.placed": SignedAct(legal_holds.check_still, legal_holds.follow),
    "hold.lifted": SignedAct(legal_holds.check_still, legal_holds.follow),
    "disposal.authorised": SignedAct(disposal_requests.check_still, disposal_requests.follow),
    "disposal.refused": SignedAct(disposal_requests.check_still, disposal_requests.follow),
    "case.given": SignedAct(cases.check_still, projection_access.note),
    "case.withdrawn": SignedAct(cases.check_still, projection_access.note),
    "grant.given": SignedAct(grants.check_still, projection_access.note),
    "grant.withdrawn": SignedAct(grants.check_still, projection_access.note),
    "copy.authorised": SignedAct(grants.check_still, projection_access.note),
    "passage.excluded": SignedAct(court_exclusions.check_still, projection_access.note),
    "passage.restored": SignedAct(court_exclusions.check_still, projection_access.note),
    "export.ordered": SignedAct(export_orders.check_still, _nothing),
    "seal.confirmed": SignedAct(seal_confirmation.check_still, _nothing),
    "intimate.requested": SignedAct(intimate_approvals.check_still, projection_access.note),
    "intimate.approved": SignedAct(intimate_approvals.check_still, projection_access.note),
    "intimate.refused": SignedAct(intimate_approvals.check_still, projection_access.note),
    "consent.recorded": SignedAct(consent.check_still, projection_access.note),
    "consent.withdrawn": SignedAct(consent.check_still, projection_access.note),
    "derivative.checked": SignedAct(reviews.check_still, projection_access.note),
    "retention.set": SignedAct(schedules.check_still, projection_retention.note),
}


def is_a_no(type_: str, body: Mapping[str, Any]) -> bool:
    """Whether an act withdraws, refuses or rejects something on behalf of the person whom a case is about.

    It needs no passkey: what she withdraws or refuses, and that something may not be released, is never
    harder to enter than consent.
    """
    match type_:
        case "consent.withdrawn":
            return True
        case "consent.recorded":
            return bool(body["outcome"] == "refused")
        case "derivative.checked":
            return not body["accepted"]
    return False
