"""A grant as tests need one: resting on an order, for a month, undertaken by its receiver at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from casework.access.grants_in_force import COURT_ORDER
from casework.center import Center
from casework.clock import now
from casework.database.models import Grant, Person
from casework.grants import grants


def granted(
    center: Center, by: Person, case_id: str, person: Person, *, accepted: bool = True, **options: Any
) -> Grant:
    """`options` as for `grants.give`. Accepting needs the vault to be unlocked."""
    wanted: dict[str, Any] = {
        "purpose": "hearing",
        "until": now() + timedelta(days=30),
        "agreement": "For this hearing only.",
        "reference": "order 7/2076",
        "basis": COURT_ORDER,
        **options,
    }
    grant = grants.give(center, by, case_id, person.id, **wanted)
    return grants.accept(center, person, grant.id) if accepted else grant
