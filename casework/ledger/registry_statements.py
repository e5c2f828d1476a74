"""Statements in the registry's chain: administrative acts of a person, or of the center's own system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework.center import Center
from casework.database.models import Person
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft
from chain_of_custody.tlog.ledger import Receipt


def draft(center: Center, by: Person | None, type_: str, body: Mapping[str, Any]) -> Draft:
    """Return an administrative act about the center. `by` None: its system, or the machine's own terminal."""
    return Draft(type_, center.deployment, by, "administration", body)


def state(center: Center, by: Person | None, type_: str, body: Mapping[str, Any]) -> Receipt:
    """State such an act; durable in the ledger on return. Raises as `custody_log.append`."""
    return custody_log.append(center, draft(center, by, type_, body))
