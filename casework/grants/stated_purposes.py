"""The purpose that a person states once a sitting: what else a grant covers is offered for the same purpose.

A sitting is one session, until it ends, and four hours at most since the purpose was stated. This decides
nothing: each opening is checked and stated by the gateway, with the purpose that its request names.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from casework.access import grants_in_force
from casework.center import Center
from casework.clock import now
from casework.database.models import Evidence, SignedIn, StatedPurpose, Viewing

SITTING = timedelta(hours=4)


def note(center: Center, session_row: SignedIn, viewing_id: str) -> None:
    """Note the purpose of a viewing in the session in which it was opened, if it was opened under a grant."""
    with center.database.begin() as session:
        viewing = session.get_one(Viewing, viewing_id)
        if viewing.grant_id is None:
            return
        known = session.get(StatedPurpose, (session_row.token_digest, viewing.grant_id))
        if known is not None and known.purpose == viewing.purpose and known.at > viewing.at - SITTING:
            return  # taken over: the sitting is not prolonged
        session.merge(
            StatedPurpose(
                session=session_row.token_digest,
                grant_id=viewing.grant_id,
                purpose=viewing.purpose,
                at=viewing.at,
            )
        )


def stated(center: Center, session_row: SignedIn, evidence_id: str) -> StatedPurpose | None:
    """Return what was stated last in this session's sitting for a grant that covers this item, or None."""
    with center.database() as session:
        item = session.get(Evidence, evidence_id)
        if item is None:
            return None
        grants = grants_in_force.in_force(session, session_row.person, item.case_id)
        covering = [grant.id for grant in grants if grants_in_force.covers(grant, item)]
        return session.scalar(
            select(StatedPurpose)
            .where(
                StatedPurpose.session == session_row.token_digest,
                StatedPurpose.grant_id.in_(covering),
                StatedPurpose.at > now() - SITTING,
            )
            .order_by(StatedPurpose.at.desc())
            .limit(1)
        )
