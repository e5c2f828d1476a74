"""Whether somebody may open an intimate picture: she agrees, and a second person has agreed to the opening
(asking and answering: `intimate_approvals`)."""

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
    """Step 1 of opening an intimate picture; without a purpose, of showing its page.

    Raises `Forbidden`, `ConsentGone` where she takes it or all photographs back, `NeedsSecond` without an
    agreement, or where it is for another purpose.
    """
    require_case(session, person, Act.SEE_INTIMATE, row.case_id)
    for subject in ("photographs", "intimate-photographs"):
        consent = grants_in_force.consent_to(session, row.case_id, subject)
        if consent is not None and consent.outcome in grants_in_force.GONE:  # at once, whoever agreed before
            raise ConsentGone(f"consent to {subject} is {consent.outcome}")
    if not any(purpose in (None, one.purpose) for one in agreed(session, person, row.id)):
        raise NeedsSecond("nobody else has agreed to this person's opening it for that purpose")


def agreed(session: Session, person: Person, evidence_id: str) -> list[IntimateRequest]:
    """Requests of theirs that a second person agreed to, and that hold."""
    return [one for one in lasting(session, evidence_id) if one.requested_by == person.id and one.approved]


def lasting(session: Session, evidence_id: str) -> Sequence[IntimateRequest]:
    """Requests to open this picture that are not over, the first one first."""
    return session.scalars(
        select(IntimateRequest)
        .where(IntimateRequest.evidence_id == evidence_id, IntimateRequest.expires_at > now())
        .order_by(IntimateRequest.requested_at)
    ).all()
