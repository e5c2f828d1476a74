"""The basis of an act, in the sealed details of its statement: a reference, and the person's own text.

Checks no permission: `readable_reasons` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from casework.database.models import Case, StatementIndex
from casework.errors import NothingReadable, Refused, VaultLocked
from casework.ledger import sealed_details
from casework.short_text import identifying

if TYPE_CHECKING:
    from casework.center import Center

MAX_REFERENCE, MAX_TEXT = 200, 2000
"""Characters."""


def referring(reference: str, text: str) -> dict[str, str]:
    """Return the sealed details of an act that needs a reference. Raises `Refused`, `TextUnseen`."""
    reference, text = identifying(reference, MAX_REFERENCE, "a reference"), text.strip()
    if not reference:
        raise Refused("a reference is needed: of the order, the request or the file that this rests on")
    if len(text) > MAX_TEXT:
        raise Refused(f"a reason has at most {MAX_TEXT} characters")
    return {"reference": reference, "text": text} if text else {"reference": reference}


def reasons_at(center: Center, case: Case, positions: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """Return position → the sealed details of the statement there, where they can be read now."""
    with center.database() as session:
        committed = {
            row.position: row.details
            for row in session.execute(
                select(StatementIndex.position, StatementIndex.details).where(
                    StatementIndex.position.in_(positions), StatementIndex.details.is_not(None)
                )
            )
        }
    if not committed:
        return {}
    try:
        opened = sealed_details.read(center, case, committed.values())
    except (VaultLocked, NothingReadable):
        return {}
    return {at: opened[commitment] for at, commitment in committed.items() if commitment in opened}
