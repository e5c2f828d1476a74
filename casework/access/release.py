"""Whether a derivative may leave the house, or be opened by those to whom something was granted: a redacted
film or a transcript only once a second person has accepted it (`reviews`)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.database.models import Derivative, Evidence
from casework.errors import NotAccepted
from chain_of_custody.statements.types import RELEASED


def may_leave(row: Derivative) -> bool:
    """Whether nothing keeps it here: it needs nobody's word, or has it."""
    return row.kind not in RELEASED or bool(row.accepted)


def require_accepted(session: Session, item: Evidence) -> None:
    """Raises `NotAccepted` for a derivative that a second person has to accept first, and has not."""
    if item.kind != "derivative":
        return
    if not may_leave(session.get_one(Derivative, item.id)):
        raise NotAccepted(f"derivative {item.id} was not accepted by a second person")
