"""Which details of statements leave the house in a package that is made under a grant.

Details are committed to as one piece, so they leave whole or not at all. Whom something was granted to finds
in a package what the pages show them, and no more: the names of those who sealed, opened, ordered, handed out
and took over; what was stated when the interview was opened where their role reads that
(`Act.READ_DETAILS`). What a court's order, a hold or a destruction rests on, and why, stays. The statements
themselves all leave, and verifiers tell how many say more than the package does.

Packages of whoever works with the case hold all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.access.permissions import Act, may
from chain_of_custody.statements.details_commitment import parse_details

if TYPE_CHECKING:
    from casework.database.models import Person
    from chain_of_custody.statements.statement import Statement

NAMING = frozenset(
    (
        "photograph.sealed",
        "document.sealed",
        "derivative.made",
        "derivative.checked",
        "seal.confirmed",
        "evidence.viewed",
        "export.ordered",
        "evidence.exported",
        "custody.transferred",
    )
)
"""Statements whose details are the name of whoever acted, as the pages show it. A type that is new is not
among them until somebody has thought about it."""


def leaves_under_grant(person: Person, statement: Statement, details: bytes) -> bool:
    """Whether these details (`chain_of_custody.statements.details_commitment.details_bytes`) of a statement
    go into the package that `person` makes under a grant."""
    if statement.type == "interview.opened":
        return may(person, Act.READ_DETAILS)
    values, _ = parse_details(details)
    return statement.type in NAMING and set(values) <= {"name"}
