"""Access to intimate pictures: her consent must hold, and a second person must have approved the opening
(request and approval: `intimate_approvals`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.access.permissions import Act, require_case
from casework.clock import now
from casework.database.models import Evidence, IntimateRequest, Person
from casework.errors import ConsentGone, NeedsSecond


def require_agreed(session: Session, person: Person, row: Evidence, purpose: str | None = None) -> None:
    """Check permission to open an intimate picture; without a purpose, to show its page.

    Raises `Forbidden`; `ConsentGone` if consent to it or to all photographs is refused or withdrawn;
    `NeedsSecond` if there is no approval, or only one for another purpose.
    """
    require_case(session, person, Act.SEE_INTIMATE, row.case_id)
    for subject in ("photographs", "intimate-photographs"):
        consent = grants_in_force.consent_to(session, row.case_id, subject)
        if (
            consent is not None and consent.outcome in grants_in_force.WITHDRAWN_OUTCOMES
        ):  # even if approved before
            raise ConsentGone(f"consent to {subject} is {consent.outcome}")
    if not any(purpose in (None, one.purpose) for one in agreed(session, person, row.id)):
        raise NeedsSecond("nobody else has agreed to this person's opening it for that purpose")


def agreed(session: Session, person: Person, evidence_id: str) -> list[IntimateRequest]:
    """Return this person's requests that a second person approved and that have not expired."""
    return [one for one in lasting(session, evidence_id) if one.requested_by == person.id and one.approved]


def lasting(session: Session, evidence_id: str) -> Sequence[IntimateRequest]:
    """Return the requests to open this picture that have not expired, oldest first."""
    return session.scalars(
        select(IntimateRequest)
        .where(IntimateRequest.evidence_id == evidence_id, IntimateRequest.expires_at > now())
        .order_by(IntimateRequest.requested_at)
    ).all()
