"""The purpose that a person states once for a sitting: other items of the grant are offered for the same
purpose. A sitting ends with the session, and at most four hours after the purpose was stated. It permits
nothing: the gateway checks and states each opening, with the purpose that its request names.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, select

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
            return  # an offered purpose was used: the sitting is not prolonged
        session.merge(
            StatedPurpose(
                session=session_row.token_digest,
                grant_id=viewing.grant_id,
                purpose=viewing.purpose,
                at=viewing.at,
            )
        )


def ready(center: Center, session_row: SignedIn, case_id: str) -> dict[str, str]:
    """Return the items of a case that open without a question for the purpose, with that purpose: their only
    one, or the one stated in this sitting. Only items that a grant names."""
    with center.database() as session:
        grants = grants_in_force.in_force(session, session_row.person, case_id)
        known = {one.grant_id: one for one in session.scalars(_in_sitting(session_row))}
    found: dict[str, str] = {}
    named = [grant for grant in grants if grant.accepted_at is not None]
    for item in {item["evidence"] for grant in named for item in grant.items or ()}:
        naming = [grant for grant in named if grants_in_force.names(grant, item)]
        purposes = [known[grant.id] for grant in naming if grant.id in known]
        if purposes:
            found[item] = max(purposes, key=lambda one: one.at).purpose
        elif len({grant.purpose for grant in naming}) == 1:
            found[item] = naming[0].purpose
    return found


def stated(center: Center, session_row: SignedIn, evidence_id: str) -> StatedPurpose | None:
    """Return the purpose stated last in this session's sitting for a grant that covers this item, or None."""
    with center.database() as session:
        item = session.get(Evidence, evidence_id)
        if item is None:
            return None
        grants = grants_in_force.in_force(session, session_row.person, item.case_id)
        covering = [grant.id for grant in grants if grants_in_force.covers(grant, item)]
        query = _in_sitting(session_row).where(StatedPurpose.grant_id.in_(covering))
        return session.scalar(query.order_by(StatedPurpose.at.desc()).limit(1))


def _in_sitting(session_row: SignedIn) -> Select[StatedPurpose]:
    return select(StatedPurpose).where(
        StatedPurpose.session == session_row.token_digest, StatedPurpose.at > now() - SITTING
    )
