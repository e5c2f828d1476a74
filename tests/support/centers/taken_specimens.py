"""Specimens as people take them, without a page and under the center's key."""

from __future__ import annotations

from typing import Any

from casework.center import Center
from casework.database.models import Person, Specimen
from casework.specimens import taking


def take_specimen(center: Center, person: Person, case_id: str, **described: Any) -> Specimen:
    """The row of a specimen whose taking is stated. `described`: as `taking.reserve` takes it."""
    return taking.take(center, person, taking.reserve(center, person, case_id, **described))
