"""The reasons of acts, as far as a person's permission to see the history allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from casework.access.permissions import Act, Reach, reach
from casework.database.models import Case, Person
from casework.ledger.reasons import reasons_at

if TYPE_CHECKING:
    from casework.center import Center


def reasons_for(
    center: Center, person: Person, case: Case, positions: Sequence[int]
) -> dict[int, Mapping[str, str]]:
    """Return `reasons_at` for this person: a grant holder reads the legal basis, and no notes."""
    reasons = reasons_at(center, case, positions)
    if reach(person, Act.SEE_HISTORY) is not Reach.GRANTED:
        return reasons
    return {at: {**one, "text": ""} for at, one in reasons.items()}
