"""Hold overrides: a legal hold cancels every disposal of its case that is not over.

The center's system states `disposal.refused`, for the reason `legal-hold`, in each item's chain; the item can
be opened again. It is too late for an item without any wrapped key left (`too_late`). This happens as soon as
a hold is placed, and again in every destruction pass (`destruction`), so that nothing depends on this process
surviving.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.center import Center
from casework.database.models import Case, Disposal, DisposedVersion, Hold
from casework.ledger import custody_log
from casework.retention.locations import versions_of

REASON = "legal-hold"


def too_late(session: Session, disposal: Disposal) -> bool:
    """Return whether every wrapped key ever found of the item is destroyed. Then nothing can be restored, and
    the item must not be reported as retained.
    """
    wraps = versions_of(session, disposal.id, DisposedVersion.wrap.is_(True))
    return bool(wraps) and all(row.gone_at is not None for row in wraps)


def take_back(center: Center) -> int:
    """Cancel the disposals under a hold; returns how many."""
    held = select(Hold.case_id).where(Hold.lifted_at.is_(None))
    with center.database() as session:
        pending = session.scalars(
            select(Disposal).where(
                Disposal.case_id.in_(held), Disposal.disposed_at.is_(None), Disposal.approved.is_not(False)
            )
        ).all()
        pending = [one for one in pending if not too_late(session, one)]
        cases = {one.case_id: session.get(Case, one.case_id) for one in pending}
    for disposal in pending:
        custody_log.append(
            center,
            custody_log.Draft(
                type="disposal.refused",
                evidence=disposal.item,
                person=None,
                purpose="legal-hold",
                body={"disposal": disposal.id, "reason": REASON},
                case=cases[disposal.case_id],
            ),
        )
    return len(pending)
