"""The parties of a handover: organisations, functions, and who confirms an act, in an account or by a link.

Codes, as statements have them. Names are sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casework.database.models import Person
from casework.ledger import custody_log

HEALTH = "health"
ORGANISATIONS = ("police", "forensic-laboratory", "prosecution", "evidence-store", HEALTH, "court", "other")
"""Organisations that specimens are handed over to, beside the center's own and those of its people."""
FUNCTIONS = ("officer", "analyst", "store-keeper", "courier", "clerk", "clinician", "other")
"""Functions of people without an account."""


@dataclass(frozen=True)
class Confirmer:
    """Who confirms an act."""

    party: Mapping[str, str]
    """`organisation`, `person` and `role`, as in statements."""
    person: Person | None
    """In their account; None: on a page opened by a one-time link."""

    @property
    def proof(self) -> str:
        """Return `account` or `link`."""
        return "link" if self.person is None else "account"

    def is_party(self, other: Mapping[str, str]) -> bool:
        """Return whether this is the same person of the same organisation."""
        return all(self.party[name] == other[name] for name in ("person", "organisation"))


def in_account(person: Person) -> Confirmer:
    """Return the person as who confirms an act in their account."""
    actor = custody_log.actor_of(person)
    return Confirmer({"organisation": actor.organisation, "person": actor.id, "role": actor.role}, person)


def by_link(person_id: str, organisation: str, role: str) -> Confirmer:
    """Return somebody without an account as who confirms an act."""
    return Confirmer({"organisation": organisation, "person": person_id, "role": role}, None)
