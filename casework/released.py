"""Whether a derivative may leave the house, or be opened by those to whom something was granted: a redacted
film or a transcript only once a second person has accepted it (`derivative_checks`)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.errors import NotAccepted
from casework.models import Derivative, Evidence
from chain_of_custody.bodies import RELEASED


def require_accepted(session: Session, item: Evidence) -> None:
    """Raises `NotAccepted` for a derivative that a second person has to accept first, and has not."""
    if item.kind != "derivative":
        return
    row = session.get_one(Derivative, item.id)
    if row.kind in RELEASED and not row.accepted:
        raise NotAccepted(f"derivative {item.id} was not accepted by a second person")
