"""Signed acts: the acts that their person signs with a passkey (`pending_acts`), by type of statement.

Minutes may pass between preparing an act and its signature. The chain itself shows whether another statement
about the same item came meanwhile; `check` repeats all other checks. What an act changes follows from its
statement alone (`projections`, `follow`), so the machine that takes the signature can apply it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from casework.cases import cases, consent
from casework.evidence import court_exclusions, export_orders
from casework.grants import grants
from casework.interviews import seal_confirmation
from casework.people import credentials, sign_in_methods
from casework.photographs import intimate_approvals
from casework.retention import disposal_requests, legal_holds, schedules
from casework.specimens import handovers, taking
from casework.working_copies import reviews

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from casework.center import Center
    from casework.database.models import Person, PreparedAct
    from chain_of_custody.statements.statement import Statement

Check: TypeAlias = "Callable[[Center, Person, Statement], None]"
Follow: TypeAlias = "Callable[[Center, int], None]"
Finish: TypeAlias = "Callable[[Session, PreparedAct, Statement], None]"


@dataclass(frozen=True)
class SignedAct:
    """One kind of signed act."""

    check: Check
    """Raises as the act itself if this person may no longer do it."""
    follow: Follow | None = None
    """Starts the work that follows from the statement at this position, after its rows are updated."""
    finish: Finish | None = None
    """Makes the rows that take more than the statement: what was kept with it, or its session."""
    is_a_no: Callable[[Mapping[str, Any]], bool] = lambda _: False
    """Whether a statement with this body withdraws, refuses or rejects something on behalf of the person whom
    a case is about. It needs no passkey: what she withdraws or refuses, and that something may not be
    released, is never harder to enter than consent."""


SIGNED_ACTS: Mapping[str, SignedAct] = {
    "hold.placed": SignedAct(legal_holds.check_still, legal_holds.follow),
    "hold.lifted": SignedAct(legal_holds.check_still, legal_holds.follow),
    "disposal.authorised": SignedAct(disposal_requests.check_still, disposal_requests.follow),
    "disposal.refused": SignedAct(disposal_requests.check_still, disposal_requests.follow),
    "case.given": SignedAct(cases.check_still),
    "case.withdrawn": SignedAct(cases.check_still),
    "grant.given": SignedAct(grants.check_still),
    "grant.withdrawn": SignedAct(grants.check_still),
    "copy.authorised": SignedAct(grants.check_still),
    "passage.excluded": SignedAct(court_exclusions.check_still),
    "passage.restored": SignedAct(court_exclusions.check_still),
    "export.ordered": SignedAct(export_orders.check_still),
    "seal.confirmed": SignedAct(seal_confirmation.check_still),
    "intimate.requested": SignedAct(intimate_approvals.check_still),
    "intimate.approved": SignedAct(intimate_approvals.check_still),
    "intimate.refused": SignedAct(intimate_approvals.check_still),
    "consent.recorded": SignedAct(consent.check_still, is_a_no=lambda body: body["outcome"] == "refused"),
    "consent.withdrawn": SignedAct(consent.check_still, is_a_no=lambda _: True),
    "derivative.checked": SignedAct(reviews.check_still, is_a_no=lambda body: not body["accepted"]),
    "retention.set": SignedAct(schedules.check_still),
    "specimen.taken": SignedAct(taking.check_still),
    "specimen.handed-over": SignedAct(handovers.check_still),
    "specimen.received": SignedAct(handovers.check_still),
    "specimen.recalled": SignedAct(handovers.check_still),
    "specimen.destroyed": SignedAct(handovers.check_still),
    "specimen.withdrawn": SignedAct(handovers.check_still),
    "credential.enrolled": SignedAct(credentials.check_own, finish=credentials.enrolled),
    "credential.revoked": SignedAct(credentials.check_own, finish=sign_in_methods.revoked),
}
