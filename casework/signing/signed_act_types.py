"""Grave acts: those that their person signs with a passkey (`pending_acts`), by the type of their statement.

Between the preparing of an act and its signature minutes may pass. Its chain says by itself if anything was
stated about the same meanwhile; what else decides is asked again (`check`). What an act changes follows from
its statement alone (`follow`), so that whichever machine takes the signature can do it.
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
class Grave:
    """One kind of grave act."""

    check: Check
    """Raises as the act itself if this person may not do it any more."""
    follow: Follow
    """Brings the rows up to the statement at this position, and sets going what comes of it."""


def _nothing(_: Center, __: int) -> None:
    """No row says it: whoever needs to know asks the ledger."""


GRAVE: Mapping[str, Grave] = {
    "hold.placed": Grave(legal_holds.check_still, legal_holds.follow),
    "hold.lifted": Grave(legal_holds.check_still, legal_holds.follow),
    "disposal.authorised": Grave(disposal_requests.check_still, disposal_requests.follow),
    "disposal.refused": Grave(disposal_requests.check_still, disposal_requests.follow),
    "case.given": Grave(cases.check_still, projection_access.note),
    "case.withdrawn": Grave(cases.check_still, projection_access.note),
    "grant.given": Grave(grants.check_still, projection_access.note),
    "grant.withdrawn": Grave(grants.check_still, projection_access.note),
    "copy.authorised": Grave(grants.check_still, projection_access.note),
    "passage.excluded": Grave(court_exclusions.check_still, projection_access.note),
    "passage.restored": Grave(court_exclusions.check_still, projection_access.note),
    "export.ordered": Grave(export_orders.check_still, _nothing),
    "seal.confirmed": Grave(seal_confirmation.check_still, _nothing),
    "intimate.requested": Grave(intimate_approvals.check_still, projection_access.note),
    "intimate.approved": Grave(intimate_approvals.check_still, projection_access.note),
    "intimate.refused": Grave(intimate_approvals.check_still, projection_access.note),
    "consent.recorded": Grave(consent.check_still, projection_access.note),
    "consent.withdrawn": Grave(consent.check_still, projection_access.note),
    "derivative.checked": Grave(reviews.check_still, projection_access.note),
    "retention.set": Grave(schedules.check_still, projection_retention.note),
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
