"""The reasons of acts, as far as a person's permission to see the history allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from casework.access.permissions import Act, Reach, reach
from casework.database.models import Case, Person
from casework.ledger.reasons import told_at

if TYPE_CHECKING:
    from casework.center import Center


def told_to(
    center: Center, person: Person, case: Case, positions: Sequence[int]
) -> dict[int, Mapping[str, str]]:
    """Return `told_at` for this person: a grant holder reads the legal basis, and no notes."""
    told = told_at(center, case, positions)
    if reach(person, Act.SEE_HISTORY) is not Reach.GRANTED:
        return told
    return {at: {**one, "text": ""} for at, one in told.items()}
