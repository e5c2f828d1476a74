"""Whether a derivative may be exported or opened by grant holders: a redacted film or a transcript only once
a second person has accepted it (`reviews`)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from casework.database.models import Derivative, Evidence
from casework.errors import NotAccepted
from chain_of_custody.statements.types import RELEASED


def may_leave(row: Derivative) -> bool:
    """Return whether it may be released: it needs no acceptance, or is accepted."""
    return row.kind not in RELEASED or bool(row.accepted)


def require_accepted(session: Session, item: Evidence) -> None:
    """Raise `NotAccepted` for a derivative that needs a second person's acceptance and lacks it."""
    if item.kind != "derivative":
        return
    if not may_leave(session.get_one(Derivative, item.id)):
        raise NotAccepted(f"derivative {item.id} was not accepted by a second person")
